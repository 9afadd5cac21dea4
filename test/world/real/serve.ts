/** Serves one attacher: it receives calls on standard input and answers on standard output. */
import type { Attacher } from '../../../lib/index.js'
import { type DeathPlace, lines, type Reply, type Request, toFailure } from './wire.js'

/** Calls besides the attacher's own. */
export type Further = Readonly<Record<string, (...args: readonly never[]) => Promise<unknown>>>

/** Serves until the attacher is closed. */
export async function serve(attacher: Attacher, further: Further = {}): Promise<void> {
  const under = new Map<number, AbortController>()
  let death: { step: string; left: number } | undefined

  const answer = async ({ id, method, args, aborted }: Extract<Request, { id: number }>): Promise<void> => {
    const controller = new AbortController()
    under.set(id, controller)
    if (aborted) controller.abort()
    try {
      const own = further[method]
      const call = (own ?? attacher[method as 'list'].bind(attacher)) as (...args: unknown[]) => Promise<unknown>
      say({ id, answer: await call(...(own === undefined ? withSignal(method, args, controller.signal) : args)) })
    } catch (error) {
      say({ id, failure: toFailure(error) })
    } finally {
      under.delete(id)
    }
  }
  const events = attacher.events()
  const telling = (async () => {
    for await (const event of events) {
      say({ event })
      if (event.type === 'step:start' && event.step === death?.step && --death.left === 0) process.kill(process.pid, 'SIGKILL')
    }
  })()
  process.stdin
    .setEncoding('utf8')
    .on(
      'data',
      lines((line) => {
        const request = JSON.parse(line) as Request
        if ('cancel' in request) under.get(request.cancel)?.abort()
        else if ('dieAt' in request) death = counting(request.dieAt)
        else void answer(request)
      }),
    )
    .on('end', () => void attacher.close())
  say({ ready: true })
  await telling
}

const counting = ({ step, nth }: DeathPlace) => ({ step, left: nth })

function say(reply: Reply): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`)
}
/** Calls whose first argument names an attachment or is a request. */
const NAMING = ['attach', 'detach', 'inspect', 'resize', 'forget', 'heal']

/** Adds the signal to the options, which are the last argument. */
function withSignal(method: string, args: readonly unknown[], signal: AbortSignal): unknown[] {
  if (method === 'close') return []
  const [what, options] = NAMING.includes(method) ? [[args[0]], args[1]] : [[], args[0]]
  return [...what, { ...(options as object | undefined), signal }]
}
