/**
 * iscsid looks at a TCP connection 1 ms after it has asked for it, and then at the next whole second (usr/initiator.c, its timers count in
 * seconds). Any request wakes it up, and it finds that the second is over: without one it may sleep on for nearly another.
 */
import type { Host } from '../../../core/host.js'
import { NOT_NEEDED } from '../../../core/signal.js'
import { SOCKET } from './request.js'

/** A moment after the second has changed, by the kernel's coarse clock too. */
const AFTER_MS = 5
const SECOND_MS = 1000

interface Nudger {
  users: number
  readonly ended: AbortController
}
/** One for all logins of a host that are under way. */
const nudgers = new WeakMap<Host, Nudger>()

/** Runs something that iscsid is asked for, and wakes it up meanwhile. */
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
  const ended = new AbortController()
  const { clock, kernel, log } = host
  const nudging = async () => {
    for (;;) {
      await clock.sleep(SECOND_MS - (clock.now() % SECOND_MS) + AFTER_MS, ended.signal)
      await kernel.exchange({ socket: SOCKET, bytes: question, reply: 'eof' }, ended.signal)
    }
  }
  nudging().catch((error: unknown) => {
    // Whoever waits for the daemon learns from it by himself.
    if (!ended.signal.aborted) log.debug({ error }, 'iscsid is not woken up any more')
  })
  const nudger = { users: 0, ended }
  nudgers.set(host, nudger)
  return nudger
}
