/** Runs commands as at a terminal, on a fake machine and without a process. */
import { run } from '../../../lib/cli/run.js'
import { checkDocuments } from './documents.js'
import { FakeHost } from '../../../lib/testing/index.js'

export const IQN = 'iqn.2024-01.org.example:vol'
export const PORTAL = '10.99.1.1:3260'
export const connection = { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }] }

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}
export interface Shell {
  readonly host: FakeHost
  /** Contents of files, by name; `-` is standard input. */
  readonly files: Map<string, string>
  /** What the user answers to a question. Without it there is no terminal. */
  answer: string | undefined
  /** Interrupts the running command. */
  readonly interrupt: () => void
  readonly brickwork: (...argv: string[]) => Promise<Said>
}

export function shell(host = new FakeHost(), colours = { stdout: false, stderr: false }): Shell {
  const files = new Map<string, string>()
  const controller = new AbortController()
  const made: Shell = {
    host,
    files,
    interrupt: () => controller.abort(),
    answer: undefined,
    async brickwork(...argv) {
      let [out, err] = ['', '']
      const { answer } = made
      const code = await run(
        argv,
        {
          stdout: (text) => (out += text),
          stderr: (text) => (err += text),
          colours,
          screen: undefined,
          read: (file) => {
            const text = files.get(file)
            return text === undefined ? Promise.reject(new Error(`no file ${file} in this test`)) : Promise.resolve(text)
          },
          ask:
            answer === undefined
              ? undefined
              : (question) => {
                  err += question
                  return Promise.resolve(answer)
                },
          signal: controller.signal,
          outputLost: new AbortController().signal,
          watchReader: () => ({ stop: () => undefined }),
          flushed: () => Promise.resolve(),
        },
        // A root means another host than that of the test.
        argv.includes('--root') ? undefined : host,
      )
      checkDocuments(argv, out, err)
      return { code, out, err }
    },
  }
  return made
}

/** A host that can reach a volume of 64 MiB at {@link connection}. */
export function shellWithVolume(): Shell {
  const host = new FakeHost()
  host.storage.volume('vol', { sizeMb: 64, content: 'ext4' })
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'vol' } })
  return shell(host)
}
