/** Talks to multipathd by its socket (multipath-tools: libmpathcmd, multipathd/cli.c). Never starts a `multipathd` process. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { NEVER } from '../../core/light-signal.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'
import { answered, isWorthAsking } from './silence.js'

export { multipathdRuns } from './process.js'
export { isSilent, isWorthAsking } from './silence.js'

const SOCKET = '/org/kernel/linux/storage/multipathd'

/**
 * The daemon's answer to a command, without the newline and NUL at its end.
 * @throws `ERR_DAEMON_UNREACHABLE`, also for a truncated answer: each answer ends with a NUL (libmpathcmd, send_packet()).
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
/** In both directions, a frame is a native size_t and then that many bytes. */
const LENGTH_BYTES = 8

/** Sends a command whose answer is `ok` or the reason for a refusal (`fail`, `timeout`, `blacklisted`, `map or partition in use`, …). */
export async function tellMultipathd(
  host: Host,
  command: string,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly answer: string }> {
  const answer = await askMultipathd(host, command, signal)
  return { ok: answer === 'ok' || answer === '', answer }
}

/** Quotes a word of a command. Quotes may contain any character, with each quote doubled (libmpathutil/parser.c, alloc_strvec()). */
export function argument(word: string): string {
  return /^[A-Za-z0-9_.:+=@/-]+$/.test(word) ? word : `"${word.replaceAll('"', '""')}"`
}
/** A map's name as in multipath.conf. The kernel's name has some characters as `\x20` (libdm, dm_string_mangling_t). */
export function configuredName(kernelName: string): string {
  const bytes = kernelName.replaceAll('%', '%25').replaceAll(/\\x([0-9a-f]{2})/gi, '%$1')
  try {
    return decodeURIComponent(bytes)
  } catch {
    return kernelName // not UTF-8: no command can name such a map
  }
}

/** multipath.conf excludes the device or the WWID (multipathd/cli_handlers.c, cli_add_path, cli_add_map). */
const BLACKLISTED = 'blacklisted'
export type Asked = 'ok' | 'refused' | 'blacklisted' | 'no-answer'

/**
 * Like {@link tellMultipathd}, for a daemon that may be starting, ending or busy: then returns `no-answer`. The daemon may carry out the
 * command all the same, so the caller checks sysfs, not the answer.
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
/** The same for an operation that does not need the answer. Returns `no-answer` at once when the daemon is known to be silent. */
export async function askedUnlessSilent(host: Host, command: string, signal: AbortSignal): Promise<Asked> {
  return (await isWorthAsking(host)) ? await askedMultipathd(host, command, signal) : 'no-answer'
}

/** Answers of a daemon that had no time for the command (multipathd/uxlsnr.c, default_reply()). */
const BUSY: readonly string[] = ['timeout', 'fail']
/** The answer when the list is empty (multipathd/uxlsnr.c, default_reply()). */
const NOTHING = 'ok'

/**
 * A list with one word a line. Brickwork never requests JSON: libmultipath copies names of vendors into it unescaped, so a quote in one of
 * them breaks it (libmultipath/print.h, PRINT_JSON_MAP).
 * @throws `ERR_DAEMON_UNREACHABLE` for any other answer, since an unreadable answer allows no conclusion.
 */
async function listed(host: Host, command: string, signal: AbortSignal): Promise<string[]> {
  const text = await answered(host, command, signal, (ended) => askMultipathd(host, command, ended))
  if (BUSY.includes(text)) throw noAnswer(command, `it is too busy and answered ${text}`)
  const words = wordsIn(text)
  if (words === undefined) throw noAnswer(command, `its answer cannot be read: ${text.slice(0, 200)}`)
  return words
}
/** `undefined`: the text is not a list of words, but the help text, for example. */
export function wordsIn(text: string): string[] | undefined {
  if (text === NOTHING || text.trim() === '') return []
  const words = text
    .trimEnd()
    .split('\n')
    .map((line) => line.trim())
  return words.every((word) => /^[!-~]+$/.test(word)) ? words : undefined
}

/** Each query makes the daemon read its whole state. Callers that ask at the same time share a query that began after they asked. */
const queries = new WeakMap<Host, { readonly maps: SharedQuery<string[]>; readonly paths: SharedQuery<string[]> }>()
function queriesOf(host: Host) {
  const never = () => NEVER
  const known = queries.get(host) ?? {
    maps: new SharedQuery(host.clock, () => listed(host, 'show maps raw format "%w"', never())),
    paths: new SharedQuery(host.clock, () => listed(host, 'show paths raw format "%d"', never())),
  }
  queries.set(host, known)
  return known
}

/** WWIDs of the maps that the daemon manages. */
export async function readDaemonMaps(host: Host, signal: AbortSignal): Promise<string[]> {
  return await until(queriesOf(host).maps.ask(), signal)
}
/** Names of the path devices that the daemon manages, in a map or not. Those of a removed volume must not be among them. */
export async function readDaemonPaths(host: Host, signal: AbortSignal): Promise<string[]> {
  return await until(queriesOf(host).paths.ask(), signal)
}
/**
 * The WWID that multipathd uses for each path device. By default this is udev's ID_SERIAL; `uid_attribute` or `getuid_callout` in its
 * configuration may change it (multipath.conf(5)). Omits lines that can't be parsed.
 */
export async function readDaemonWwids(host: Host, signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const command = 'show paths raw format "%d %w"'
  return pathWwidsIn(await answered(host, command, signal, (ended) => askMultipathd(host, command, ended)))
}
/** A line `sda 36001405…` for each path. A path without a WWID has no second word. */
export function pathWwidsIn(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => line.trim().split(/\s+/))
  return new Map(lines.flatMap(([name = '', wwid, ...more]) => (wwid === undefined || more.length > 0 ? [] : [[name, wwid] as const])))
}
