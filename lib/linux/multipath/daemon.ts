/** multipathd by its socket (multipath-tools: libmpathcmd, multipathd/cli.c). No `multipath` or `multipathd` process is ever started. */
import { z } from 'zod'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { SharedQuery } from '../../core/shared-query.js'
import { until } from '../../core/signal.js'

const SOCKET = '/org/kernel/linux/storage/multipathd'
const PID_FILE = '/run/multipathd.pid'

/**
 * Whether a multipathd runs. Looked up in /proc, not by its socket: connecting to that would start the daemon where systemd listens for it.
 */
export async function multipathdRuns(host: Host): Promise<boolean> {
  const pid = (await host.files.read(PID_FILE))?.trim()
  if (pid === undefined || !/^[0-9]+$/.test(pid)) return false
  return (await host.files.read(`/proc/${pid}/comm`)) === 'multipathd'
}

/** What the daemon says to a command, without the newline and NUL at its end. */
export async function askMultipathd(host: Host, command: string, signal: AbortSignal): Promise<string> {
  const text = new TextEncoder().encode(`${command}\0`)
  const frame = new Uint8Array(LENGTH_BYTES + text.length)
  new DataView(frame.buffer).setBigUint64(0, BigInt(text.length), true)
  frame.set(text, LENGTH_BYTES)
  const reply = await host.kernel.exchange({ socket: SOCKET, bytes: frame, reply: 'framed' }, signal)
  return new TextDecoder()
    .decode(reply)
    .replace(/\0[^]*$/, '')
    .trimEnd()
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

/** multipathd ends a command itself after 4 s (uxsock_timeout). */
const ANSWER_MS = 5000

/**
 * As {@link tellMultipathd}, of a daemon that may be starting, ending or busy: `no-answer` then. What it was asked may happen all the same,
 * so the caller looks at sysfs, not at the answer.
 */
export async function askedMultipathd(host: Host, command: string, signal: AbortSignal): Promise<'ok' | 'refused' | 'no-answer'> {
  using window = new Window(host.clock, ANSWER_MS, signal, `multipathd's answer to ${command}`)
  try {
    return (await tellMultipathd(host, command, window.signal)).ok ? 'ok' : 'refused'
  } catch (error) {
    signal.throwIfAborted()
    if (window.signal.aborted || isBrickworkError(error, 'ERR_DAEMON_UNREACHABLE')) return 'no-answer'
    throw error
  }
}

export interface DaemonMap {
  /** Alias, friendly name or WWID. */
  readonly name: string
  readonly wwid: string
  /** `dm-3` */
  readonly device: string
  readonly paths: readonly DaemonPath[]
}
export interface DaemonPath {
  /** `sdb` */
  readonly device: string
  /** What device-mapper thinks: `active`, `failed`, `undef`. */
  readonly dmState: string
  /** What the checker saw: `ready`, `faulty`, `shaky`, `ghost`, `i/o pending`, … */
  readonly checkerState: string
}
const path = z.object({ dev: z.string(), dm_st: z.string(), chk_st: z.string() })
const maps = z.object({
  maps: z.array(
    z.object({
      name: z.string(),
      uuid: z.string(),
      sysfs: z.string(),
      path_groups: z.array(z.object({ paths: z.array(path).default([]) })).default([]),
    }),
  ),
})

/** What a daemon says that had no time for the question (cli.c, uxsock_timeout). */
const BUSY: readonly string[] = ['timeout', 'fail']
async function shown(host: Host, command: string, signal: AbortSignal): Promise<string> {
  const text = await askMultipathd(host, command, signal)
  if (!BUSY.includes(text)) return text
  throw new BrickworkError('ERR_DAEMON_UNREACHABLE', `multipathd is too busy to answer ${command}: it says ${text}`)
}

/** A question makes the daemon look at all that it has: who asks at the same time shares the answer to one that was asked after that. */
const queries = new WeakMap<Host, { readonly maps: SharedQuery<DaemonMap[]>; readonly paths: SharedQuery<string[]> }>()
function queriesOf(host: Host) {
  const never = () => new AbortController().signal
  const known = queries.get(host) ?? {
    maps: new SharedQuery(host.clock, async () => parseDaemonMaps(await shown(host, 'show maps json', never()))),
    paths: new SharedQuery(host.clock, async () => pathsIn(await shown(host, 'show paths raw format "%d"', never()))),
  }
  queries.set(host, known)
  return known
}

export async function readDaemonMaps(host: Host, signal: AbortSignal): Promise<DaemonMap[]> {
  return await until(queriesOf(host).maps.ask(), signal)
}
/** @throws `ERR_PARSE`: another multipathd than those known (major_version 0), or no JSON. */
export function parseDaemonMaps(text: string): DaemonMap[] {
  const parsed = maps.safeParse(json(text))
  if (!parsed.success)
    throw new BrickworkError('ERR_PARSE', "multipathd's answer to `show maps json` can't be read", {
      details: { answer: text.slice(0, 200) },
    })
  return parsed.data.maps.map(({ name, uuid, sysfs, path_groups: groups }) => ({
    name,
    wwid: uuid,
    device: sysfs,
    paths: groups.flatMap(({ paths }) => paths.map(({ dev, dm_st, chk_st }) => ({ device: dev, dmState: dm_st, checkerState: chk_st }))),
  }))
}
function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined // said by the caller, with the text
  }
}

/** Names of the path devices that the daemon knows, in a map or not: those of a removed volume must not be among them. */
export async function readDaemonPaths(host: Host, signal: AbortSignal): Promise<string[]> {
  return await until(queriesOf(host).paths.ask(), signal)
}
export function pathsIn(text: string): string[] {
  return (text.match(/^[ \t]*[a-z][a-z0-9]*[ \t\r]*$/gm) ?? []).map((line) => line.trim())
}
