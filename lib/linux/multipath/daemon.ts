/** multipathd by its socket (multipath-tools: libmpathcmd, multipathd/cli.c). No `multipathd` process is ever started. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import { answered, isWorthAsking } from './silence.js'

export { multipathdRuns } from './process.js'
export { isSilent, isWorthAsking } from './silence.js'

const SOCKET = '/org/kernel/linux/storage/multipathd'

/**
 * What the daemon says to a command, without the newline and NUL at its end.
 * @throws `ERR_DAEMON_UNREACHABLE` also for an answer that was cut off: each ends with a NUL (libmpathcmd, send_packet()).
 */
export async function askMultipathd(host: Host, command: string, signal: AbortSignal): Promise<string> {
  const text = new TextEncoder().encode(`${command}\0`)
  const frame = new Uint8Array(LENGTH_BYTES + text.length)
  new DataView(frame.buffer).setBigUint64(0, BigInt(text.length), true)
  frame.set(text, LENGTH_BYTES)
  const reply = await host.kernel.exchange({ socket: SOCKET, bytes: frame, reply: 'framed' }, signal)
  if (reply.at(-1) !== 0) throw noAnswer(command, 'its answer is cut off')
  return new TextDecoder()
    .decode(reply)
    .replace(/\0[^]*$/, '')
    .trimEnd()
}
function noAnswer(command: string, why: string): BrickworkError {
  return new BrickworkError('ERR_DAEMON_UNREACHABLE', `multipathd did not answer ${command}: ${why}`, { details: { command } })
}
/** Both ways: a native size_t, then so many bytes. */
const LENGTH_BYTES = 8

/** A command that is answered by `ok`, or by a word that says why not (`fail`, `timeout`, `blacklisted`, `map or partition in use`, …). */
export async function tellMultipathd(
  host: Host,
  command: string,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly answer: string }> {
  const answer = await askMultipathd(host, command, signal)
  return { ok: answer === 'ok' || answer === '', answer }
}

/** A word of a command. In quotes anything may stand, with each quote doubled (libmpathutil/parser.c, alloc_strvec()). */
export function argument(word: string): string {
  return /^[A-Za-z0-9_.:+=@/-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`
}
/** A map's name as multipath.conf spells it. The kernel has it with other characters as `\x20` (libdm, dm_string_mangling_t). */
export function configuredName(kernelName: string): string {
  const bytes = kernelName.replaceAll('%', '%25').replaceAll(/\\x([0-9a-f]{2})/gi, '%$1')
  try {
    return decodeURIComponent(bytes)
  } catch {
    return kernelName // no UTF-8: no command names such a map
  }
}

/** multipath.conf says that the device or the WWID is none of multipathd's business (multipathd/cli_handlers.c, cli_add_path, cli_add_map). */
const BLACKLISTED = 'blacklisted'
export type Asked = 'ok' | 'refused' | 'blacklisted' | 'no-answer'

/**
 * As {@link tellMultipathd}, of a daemon that may be starting, ending or busy: `no-answer` then. What it was asked may happen all the same,
 * so the caller looks at sysfs, not at the answer.
 */
export async function askedMultipathd(host: Host, command: string, signal: AbortSignal): Promise<Asked> {
  try {
    const { ok, answer } = await answered(host, command, signal, (ended) => tellMultipathd(host, command, ended))
    return ok ? 'ok' : answer === BLACKLISTED ? BLACKLISTED : 'refused'
  } catch (error) {
    signal.throwIfAborted()
    if (isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) return 'no-answer'
    throw error
  }
}
/** The same for an operation that can do without: a daemon that is known to be silent is not asked, and so there is `no-answer` at once. */
export async function askedUnlessSilent(host: Host, command: string, signal: AbortSignal): Promise<Asked> {
  return (await isWorthAsking(host)) ? await askedMultipathd(host, command, signal) : 'no-answer'
}

/** What a daemon says that had no time for the question (multipathd/uxlsnr.c, default_reply()). */
const BUSY: readonly string[] = ['timeout', 'fail']
/** What it says when there is nothing to list (multipathd/uxlsnr.c, default_reply()). */
const NOTHING = 'ok'

/**
 * A list with one word a line. JSON is never asked for: libmultipath prints names of vendors into it as they are, so a quote in one of them
 * breaks it (libmultipath/print.h, PRINT_JSON_MAP).
 * @throws `ERR_DAEMON_UNREACHABLE` for any other answer: nothing follows from what cannot be read.
 */
async function listed(host: Host, command: string, signal: AbortSignal): Promise<string[]> {
  const text = await answered(host, command, signal, (ended) => askMultipathd(host, command, ended))
  if (BUSY.includes(text)) throw noAnswer(command, `it is too busy, and says ${text}`)
  const words = wordsIn(text)
  if (words === undefined) throw noAnswer(command, `its answer cannot be read: ${text.slice(0, 200)}`)
  return words
}
/** `undefined`: it is something else than a list of words, such as the help text. */
export function wordsIn(text: string): string[] | undefined {
  if (text === NOTHING || text.trim() === '') return []
  const words = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim())
  return words.every((word) => /^[!-~]+$/.test(word)) ? words : undefined
}

/** A question makes the daemon look at all that it has: who asks at the same time shares the answer to one that was asked after that. */
const queries = new WeakMap<Host, { readonly maps: SharedQuery<string[]>; readonly paths: SharedQuery<string[]> }>()
function queriesOf(host: Host) {
  const never = () => new AbortController().signal
  const known = queries.get(host) ?? {
    maps: new SharedQuery(host.clock, () => listed(host, 'show maps raw format "%w"', never())),
    paths: new SharedQuery(host.clock, () => listed(host, 'show paths raw format "%d"', never())),
  }
  queries.set(host, known)
  return known
}

/** WWIDs of the maps that the daemon knows. */
export async function readDaemonMaps(host: Host, signal: AbortSignal): Promise<string[]> {
  return await until(queriesOf(host).maps.ask(), signal)
}
/** Names of the path devices that the daemon knows, in a map or not: those of a removed volume must not be among them. */
export async function readDaemonPaths(host: Host, signal: AbortSignal): Promise<string[]> {
  return await until(queriesOf(host).paths.ask(), signal)
}
/**
 * The identity that multipathd has for each path device: by udev's ID_SERIAL as shipped, or by what `uid_attribute` or `getuid_callout` of its
 * configuration says (multipath.conf(5)). What can't be read is left out.
 */
export async function readDaemonWwids(host: Host, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  return pathWwidsIn(await askMultipathd(host, 'show paths raw format "%d %w"', signal))
}
/** A line `sda 36001405…` for each path; a path without an identity has no second word. */
export function pathWwidsIn(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(lines.flatMap(([name = '', wwid, ...more]) => (wwid === undefined || more.length > 0 ? [] : [[name, wwid] as const])))
}
