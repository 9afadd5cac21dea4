/**
 * Talks to iscsid by its socket: a login or a logout without a process. Used only when the daemon's version and request size are known and
 * match. When a function here returns `undefined`, the caller uses iscsiadm.
 */
import { BrickworkError, isBrickworkError } from '../../../core/errors.js'
import type { Host } from '../../../core/host.js'
import { NEVER } from '../../../core/light-signal.js'
import { Semaphore } from '../../../core/semaphore.js'
import { until } from '../../../core/signal.js'
import { installation } from '../installation.js'
import { NO_ANSWER } from '../iscsiadm.js'
import { isOurs } from '../record.js'
import { parseRecord } from '../settings-file.js'
import { type Layout, layoutOf, REQUEST_SIZES } from './layout.js'
import { nudged } from './nudge.js'
import { decodeAnswer, encodeLogin, encodeLogout, encodeQuestion, SOCKET } from './request.js'

/** iscsid takes one request after another, and the kernel queues 32 more. This leaves room for other programs of the host. */
const IN_FLIGHT = 8

/** What is known about the daemon of a host. */
interface Acquaintance {
  /** `undefined`: the layout is unknown, so iscsiadm is used. */
  readonly layout: Promise<Layout | undefined>
  /** Inode of the daemon's socket when it failed to answer. The daemon is not used again while it has this socket. */
  readonly silentAt?: string
}
const acquaintances = new WeakMap<Host, Acquaintance>()
const places = new WeakMap<Host, Semaphore>()

/**
 * Logs in with the settings of the record. Returns the exit code that iscsiadm would have; `undefined`: no request was sent.
 * @param begin called before the request, when the daemon has room for it
 */
export async function loginBySocket(
  host: Host,
  recordPath: string,
  begin: () => Promise<void>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const layout = await layoutFor(host, signal)
  const text = layout === undefined ? undefined : await host.files.read(recordPath)
  // A record of another program may contain any setting, and iscsid.conf supplies others.
  if (layout === undefined || text === undefined || !isOurs(text)) return undefined
  const request = encodeLogin(layout, parseRecord(text))
  if (request === undefined) return undefined
  return await nudged(host, encodeQuestion(layout.requestBytes), () => asked(host, request, signal, begin))
}
export async function logoutBySocket(host: Host, session: number, signal: AbortSignal): Promise<number | undefined> {
  const layout = await layoutFor(host, signal)
  return layout === undefined ? undefined : await asked(host, encodeLogout(layout, session), signal)
}

async function asked(host: Host, request: Uint8Array, signal: AbortSignal, begin?: () => Promise<void>): Promise<number | undefined> {
  const semaphore = places.get(host) ?? new Semaphore(IN_FLIGHT)
  places.set(host, semaphore)
  const place = await semaphore.take(signal)
  const sent = async () => {
    await begin?.()
    return await ask(host, request, signal)
  }
  const reply = await sent().finally(() => place[Symbol.dispose]())
  if (reply === undefined) {
    // No daemon listens any more, and no request was sent. The next daemon may be of another version.
    acquaintances.delete(host)
    return undefined
  }
  const answer = decodeAnswer(reply, request)
  if (answer !== undefined) return answer
  await leaveAlone(host)
  return NO_ANSWER
}
/** Stops using a daemon that did not answer. If it has ended, the next daemon is queried again. */
async function leaveAlone(host: Host): Promise<void> {
  const silentAt = await socketInode(host)
  if (silentAt === undefined) acquaintances.delete(host)
  else acquaintances.set(host, { layout: Promise.resolve(undefined), silentAt })
  host.log.warn({ socket: `@${SOCKET}` }, 'iscsid closed a connection without an answer: using iscsiadm until iscsid restarts')
}
/** The connection ended before the answer: the daemon was killed or is frozen. It may have carried out the request. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT']

/** `undefined`: no daemon listens, and nothing was sent. @throws `ERR_PERMISSION` when another user than root listens; nothing was sent. */
async function ask(host: Host, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await host.kernel.exchange({ socket: SOCKET, bytes: request, reply: 'eof' }, signal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE'))
      return BROKEN.includes(String(error.details['errno'])) ? new Uint8Array() : undefined
    if (!isBrickworkError(error, 'ERR_PERMISSION')) throw error
    throw new BrickworkError(
      'ERR_PERMISSION',
      `A program of another user listens on @${SOCKET} instead of iscsid. Nothing was sent to it. Stop it and start iscsid`,
      {
        details: { socket: SOCKET },
        cause: error,
      },
    )
  }
}

async function layoutFor(host: Host, signal: AbortSignal): Promise<Layout | undefined> {
  const known = acquaintances.get(host)
  const isPast = known?.silentAt !== undefined && known.silentAt !== (await socketInode(host))
  const layout = known === undefined || isPast ? getToKnow(host) : known.layout
  return await until(layout, signal)
}
function getToKnow(host: Host): Promise<Layout | undefined> {
  const layout = introduced(host)
  acquaintances.set(host, { layout })
  // A query that failed is repeated for the next caller.
  layout.catch(() => acquaintances.delete(host))
  return layout
}
/** proc(5), /proc/net/unix: each socket has its own inode number. When systemd listens for the daemon, the socket outlives the daemon. */
async function socketInode(host: Host): Promise<string | undefined> {
  const sockets = (await host.files.read('/proc/1/net/unix')) ?? ''
  return new RegExp(`([0-9]+) @${SOCKET}$`, 'm').exec(sockets)?.[1]
}

/** All callers share the query, so the abort of one caller does not end it. */
async function introduced(host: Host): Promise<Layout | undefined> {
  const { version, loginNeverAnswers } = await installation(host, NEVER)
  const layout = loginNeverAnswers ? undefined : layoutOf(version)
  const size = layout === undefined ? undefined : await requestSize(host, NEVER)
  if (layout !== undefined && size === layout.requestBytes) return layout
  // iscsiadm starts the daemon.
  if (size === 'nobody') {
    acquaintances.delete(host)
    return undefined
  }
  host.log.warn({ version, size, expected: layout?.requestBytes }, 'unknown request format of this iscsid: using iscsiadm')
  return undefined
}
/** The first size that the daemon answers. With a shorter request, the daemon sees the end of input too early and closes the connection. */
async function requestSize(host: Host, signal: AbortSignal): Promise<number | 'nobody' | undefined> {
  for (const bytes of REQUEST_SIZES) {
    const request = encodeQuestion(bytes)
    const reply = await ask(host, request, signal)
    if (reply === undefined) return 'nobody'
    if (decodeAnswer(reply, request) === 0) return bytes
  }
  return undefined
}
