/** The program in the container: one attacher, asked over the standard input, answering over the standard output. */
import { type Attacher, createAttacher, createHost } from '../../../lib/index.js'
import { lines, type Reply, type Request, toFailure } from './wire.js'

interface Options {
  readonly owner: string
  readonly stateDir: string
  readonly runDir: string
}

const under = new Map<number, AbortController>()

function say(reply: Reply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}

async function answer(attacher: Attacher, { id, method, args, aborted }: Extract<Request, { id: number }>): Promise<void> {
  const controller = new AbortController()
  under.set(id, controller)
  if (aborted) controller.abort()
  try {
    const call = attacher[method].bind(attacher) as (...args: unknown[]) => Promise<unknown>
    say({ id, answer: await call(...withSignal(method, args, controller.signal)) })
  } catch (error) {
    say({ id, failure: toFailure(error) })
  } finally {
    under.delete(id)
  }
}
/** The signal goes with the options, which are the last argument. */
function withSignal(method: string, args: readonly unknown[], signal: AbortSignal): unknown[] {
  if (method === 'close') return []
  const [what, options] = ['attach', 'detach', 'inspect'].includes(method) ? [[args[0]], args[1]] : [[], args[0]]
  return [...what, { ...(options as object | undefined), signal }]
}

const options = JSON.parse(process.argv[2] ?? '{}') as Options
const attacher = await createAttacher({ ...options, host: createHost({ root: '/host', namespaces: { pid: 1 } }) })
const events = attacher.events()
const telling = (async () => {
  for await (const event of events) say({ event })
})()
process.stdin
  .setEncoding('utf8')
  .on(
    'data',
    lines((line) => {
      const request = JSON.parse(line) as Request
      if ('cancel' in request) under.get(request.cancel)?.abort()
      else void answer(attacher, request)
    }),
  )
  .on('end', () => void attacher.close())
say({ ready: true })
await telling
