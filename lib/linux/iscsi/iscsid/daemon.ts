/**
 * iscsid by its socket: a login or a logout without a process. Only with a daemon whose version and request size are known and agree; whoever
 * gets `undefined` here asks iscsiadm.
 */
import { BrickworkError, isBrickworkError } from '../../../core/errors.js'
import type { Host } from '../../../core/host.js'
import { Semaphore } from '../../../core/semaphore.js'
import { until } from '../../../core/signal.js'
import { installation } from '../installation.js'
import { NO_ANSWER } from '../iscsiadm.js'
import { isOurs } from '../record.js'
import { parseRecord } from '../settings-file.js'
import { type Layout, layoutOf, REQUEST_SIZES } from './layout.js'
import { nudged } from './nudge.js'
import { decodeAnswer, encodeLogin, encodeLogout, encodeQuestion, SOCKET } from './request.js'

/** iscsid takes one request after another, and the kernel holds 32 that wait: others of this host want to be heard too. */
const IN_FLIGHT = 8

/** How the daemon of a host is spoken to. */
interface Acquaintance {
  /** `undefined`: not known, so iscsiadm is used. */
  readonly layout: Promise<Layout | undefined>
  /** It was silent where it should have answered: as long as this is its socket, it is not asked again. */
  readonly silentAt?: string
}
const acquaintances = new WeakMap<Host, Acquaintance>()
const places = new WeakMap<Host, Semaphore>()

/** Logs in by what the record says. Answers with the number that iscsiadm would have exited with; `undefined`: nothing was asked. */
export async function loginBySocket(host: Host, recordPath: string, signal: AbortSignal): Promise<number | undefined> {
  const layout = await layoutFor(host, signal)
  const text = layout === undefined ? undefined : await host.files.read(recordPath)
  // Somebody else's record may say anything, and iscsid.conf stands behind it.
  if (layout === undefined || text === undefined || !isOurs(text)) return undefined
  const request = encodeLogin(layout, parseRecord(text))
  if (request === undefined) return undefined
  return await nudged(host, encodeQuestion(layout.requestBytes), () => asked(host, request, signal))
}
export async function logoutBySocket(host: Host, session: number, signal: AbortSignal): Promise<number | undefined> {
  const layout = await layoutFor(host, signal)
  return layout === undefined ? undefined : await asked(host, encodeLogout(layout, session), signal)
}

async function asked(host: Host, request: Uint8Array, signal: AbortSignal): Promise<number | undefined> {
  const semaphore = places.get(host) ?? new Semaphore(IN_FLIGHT)
  places.set(host, semaphore)
  const place = await semaphore.take(signal)
  const reply = await ask(host, request, signal).finally(() => place[Symbol.dispose]())
  if (reply === undefined) {
    // Nobody listens any more, and nothing was said to anybody. The next one may be of another version.
    acquaintances.delete(host)
    return undefined
  }
  const answer = decodeAnswer(reply, request)
  if (answer !== undefined) return answer
  await leaveAlone(host)
  return NO_ANSWER
}
/** One that has ended without an answer is not there to be left alone: the next one is got to know anew. */
async function leaveAlone(host: Host): Promise<void> {
  const silentAt = await socketInode(host)
  if (silentAt === undefined) acquaintances.delete(host)
  else acquaintances.set(host, { layout: Promise.resolve(undefined), silentAt })
  host.log.warn({ socket: `@${SOCKET}` }, 'iscsid closed a connection without an answer: until it is started anew, iscsiadm is used')
}
/** The connection ended before the answer: the daemon was killed, or is frozen. It may have done what was asked for. */
const BROKEN = ['ECONNRESET', 'EPIPE', 'ETIMEDOUT']

/** `undefined`: nobody listens, nothing was said. @throws `ERR_PERMISSION` when somebody else than root does: not a byte was sent. */
async function ask(host: Host, request: Uint8Array, signal: AbortSignal): Promise<Uint8Array | undefined> {
  try {
    return await host.kernel.exchange({ socket: SOCKET, bytes: request, reply: 'eof' }, signal)
  } catch (error) {
    if (isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE'))
      return BROKEN.includes(String(error.details['errno'])) ? new Uint8Array() : undefined
    if (!isBrickworkError(error, 'ERR_PERMISSION')) throw error
    throw new BrickworkError(
      'ERR_PERMISSION',
      `Another user's program listens at @${SOCKET}, in iscsid's place: it was told nothing. End it, and start iscsid`,
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
  // An answer that was not had is asked for again.
  layout.catch(() => acquaintances.delete(host))
  return layout
}
/** proc(5), /proc/net/unix: each socket has a number of its own. Where systemd listens for the daemon it outlives that one. */
async function socketInode(host: Host): Promise<string | undefined> {
  const sockets = (await host.files.read('/proc/1/net/unix')) ?? ''
  return new RegExp(`([0-9]+) @${SOCKET}$`, 'm').exec(sockets)?.[1]
}

/** For everybody who asks meanwhile: no single caller's end ends it. */
async function introduced(host: Host): Promise<Layout | undefined> {
  const never = new AbortController().signal
  const { version, loginNeverAnswers } = await installation(host, never)
  const layout = loginNeverAnswers ? undefined : layoutOf(version)
  const size = layout === undefined ? undefined : await requestSize(host, never)
  if (layout !== undefined && size === layout.requestBytes) return layout
  // iscsiadm starts it.
  if (size === 'nobody') {
    acquaintances.delete(host)
    return undefined
  }
  host.log.warn({ version, size, expected: layout?.requestBytes }, 'requests to this iscsid are not known: iscsiadm is used')
  return undefined
}
/** The first size that is answered: for less, the daemon sees the end of the request too early, and closes. */
async function requestSize(host: Host, signal: AbortSignal): Promise<number | 'nobody' | undefined> {
  for (const bytes of REQUEST_SIZES) {
    const request = encodeQuestion(bytes)
    const reply = await ask(host, request, signal)
    if (reply === undefined) return 'nobody'
    if (decodeAnswer(reply, request) === 0) return bytes
  }
  return undefined
}
