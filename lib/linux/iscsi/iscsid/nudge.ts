/**
 * iscsid checks a new TCP connection after 1 ms, and then only at the next whole second (usr/initiator.c; its timers count in seconds). Any
 * request wakes iscsid, which then sees that the second is over. Without a request it may sleep for nearly another second.
 */
import type { Host } from '../../../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../../../core/signal.js'
import { SOCKET } from './request.js'

/** Delay after a change of the second, so that the kernel's coarse clock has changed too. */
const AFTER_MS = 5
const SECOND_MS = 1000

interface Nudger {
  users: number
  readonly ended: AbortController
}
/** One for all logins in progress on a host. */
const nudgers = new WeakMap<Host, Nudger>()

/** Runs a request to iscsid, and wakes iscsid regularly until the request ends. */
export async function nudged<T>(host: Host, question: Uint8Array, run: () => Promise<T>): Promise<T> {
  const nudger = nudgers.get(host) ?? start(host, question)
  nudger.users += 1
  try {
    return await run()
  } finally {
    nudger.users -= 1
    if (nudger.users === 0) {
      nudgers.delete(host)
      nudger.ended.abort(NOT_NEEDED)
    }
  }
}

function start(host: Host, question: Uint8Array): Nudger {
  const ended = new LinkedSignal()
  const { clock, kernel, log } = host
  const nudging = async () => {
    for (;;) {
      await clock.sleep(SECOND_MS - (clock.now() % SECOND_MS) + AFTER_MS, ended.signal)
      await kernel.exchange({ socket: SOCKET, bytes: question, reply: 'eof' }, ended.signal)
    }
  }
  nudging().catch((error: unknown) => {
    // The callers that wait for the daemon get the error themselves.
    if (!ended.signal.aborted) log.debug({ error }, 'stopped waking iscsid')
  })
  const nudger = { users: 0, ended }
  nudgers.set(host, nudger)
  return nudger
}
