import { writeFile } from 'node:fs/promises'
import { checks } from '../../forms.js'
import { BrickworkError, supportBundle } from '../../index.js'
import type { Given, Task } from '../command.js'
import { parseDocument } from '../document.js'
import { version } from '../version.js'

export async function prepareSupportBundle({ operands: [target], options, read, host }: Given): Promise<Task> {
  const { connection: file, deep, anonymous, stateDir, runDir, timeoutMs } = options
  const connection = file === undefined ? undefined : checks.connection(parseDocument(await read(file), file).connection)
  return async ({ call: { signal } }) => {
    const bundle = await supportBundle({
      deep,
      anonymous,
      ...(host === undefined ? {} : { host }),
      ...(connection === undefined ? {} : { connection }),
      ...(stateDir === undefined ? {} : { stateDir }),
      ...(runDir === undefined ? {} : { runDir }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(signal === undefined ? {} : { signal }),
    })
    const document = { brickwork: version(), ...bundle }
    const text = JSON.stringify(document, null, 1)
    if (target === undefined) return { document, lines: text.split('\n') }
    await save(target, text)
    return { document: { file: target }, lines: [`Wrote ${target}. Read it before you pass it on.`] }
  }
}

/** The file must not exist: a link that somebody placed there would be followed. */
async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BrickworkError('ERR_INVALID_ARGUMENT', `Cannot write ${file}: ${why}`, { details: { file } })
  }
}
