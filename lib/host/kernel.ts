/** The `Kernel` port over the addon and its helper processes. An abort is answered at once; what the kernel has begun goes on. */
import { basename } from 'node:path'

import { BrickworkError } from '../core/errors.js'
import type { ConnectOutcome, DaemonRequest, GuardedWrite, Kernel, RecordChange, WriteOutcome } from '../core/host.js'
import { until } from '../core/signal.js'
import { Turns } from '../core/turns.js'
import { decodeChanges, stateOf } from './changes-decoder.js'
import { errnoName, errnoOf, systemError } from './errors.js'
import type { Helpers } from './helpers.js'
import type { Addon, NativeWriteOutcome } from './native.js'
import { withoutHelpers } from './own-helpers.js'
import type { Paths } from './paths.js'
import { encodePlan } from './plan-encoder.js'
import { decodeTree } from './tree-decoder.js'

export interface KernelParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Addon
  readonly helpers: Helpers
  readonly paths: Paths
  /** File of the network namespace of the host's daemons, when it isn't ours. */
  readonly netns: string | undefined
}

const DEVICE_MAPPER = '/dev/mapper/control'
/** The end of native calls whose callers have their own deadlines: so long may one keep a thread by itself. */
const CONNECT_MS = 5_000
/** iscsid answers when a login has been tried to the end. */
const EXCHANGE_MS = 120_000
/** open-iscsi's own patience with its lock. */
const RECORD_LOCK_MS = 30_000
/** The lock is asked for in slices, so that nothing is written long after the caller has gone. */
const RECORD_SLICE_MS = 200

export function createKernel({ addon, helpers, paths, netns }: KernelParts): Kernel {
  const device = (path: string) => paths.real(path, 'follow')
  const records = new Turns(1)
  return {
    async readTree(plan, signal) {
      const root = await paths.real(plan.root, 'follow')
      const encoded = encodePlan(plan.node)
      return decodeTree(await native(signal, () => addon().readTree(root, encoded)), encoded, basename(plan.root))
    },
    async readChanged({ directory, suffix, since }, signal) {
      const real = await paths.real(directory, 'follow')
      return decodeChanges(await native(signal, () => addon().readChanged(real, suffix, stateOf(since))))
    },
    async write(request, signal) {
      const directory = await paths.real(request.directory, 'follow')
      if (request.waits === 'unbounded') return await helpers.write(request.directory, directory, request, signal)
      return decodeWrite(await native(signal, () => writeBounded(addon(), directory, request)))
    },
    async scsi({ device: path, cdb, length, timeoutMs }, signal) {
      const node = await device(path)
      return await native(signal, () => addon().sgCommand(node, cdb, length, timeoutMs))
    },
    async connect(address, port, signal) {
      return decodeConnect(await native(signal, () => addon().tcpConnect(address, port, CONNECT_MS, netns)))
    },
    async exchange(request, signal) {
      return await native(signal, () => exchange(addon(), request, netns))
    },
    async hold(path, signal) {
      return await helpers.hold(await device(path), signal)
    },
    async flush(path, signal) {
      await helpers.flush(await device(path), signal)
    },
    async readDirect(path, offset, length, signal) {
      return await helpers.readDirect(await device(path), offset, length, signal)
    },
    async openers(devices, signal) {
      const proc = await paths.real('/proc', 'follow')
      const { openers, unseen } = await native(signal, () => addon().openers(proc, devices))
      // A hold of ours keeps the device open in a helper.
      return { openers: await withoutHelpers(proc, openers, helpers.pids()), unseen }
    },
    async deviceMapper({ uuid, command }, signal) {
      const control = await paths.real(DEVICE_MAPPER, 'follow')
      const [name, message] = typeof command === 'string' ? ([command, ''] as const) : (['message', command.message] as const)
      return await native(signal, () => addon().deviceMapper(control, name, uuid, message))
    },
    async removeMap(uuid, signal) {
      return await helpers.removeMap(await paths.real(DEVICE_MAPPER, 'follow'), uuid, signal)
    },
    async createMap(map, signal) {
      return await helpers.createMap(await paths.real(DEVICE_MAPPER, 'follow'), map, signal)
    },
    async changeRecord(change, signal) {
      const lockDirectory = await paths.real(change.lockDirectory, 'follow')
      const path = change.path === undefined ? undefined : await paths.real(change.path, 'keep')
      return await changeInTurn(records, addon(), { ...change, lockDirectory, path }, signal)
    },
  }
}

async function native<T>(signal: AbortSignal, call: () => Promise<T>): Promise<T> {
  signal.throwIfAborted()
  return await until(mapped(call), signal)
}

async function mapped<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw systemError(error)
  }
}

function writeBounded(addon: Addon, directory: string, request: GuardedWrite): Promise<NativeWriteOutcome> {
  const guards = request.guards.map(({ attribute, equals }) => ({ attribute, equals: Buffer.from(equals) }))
  return addon.guardedWrite(writeKey(request.directory), directory, guards, request.attribute, Buffer.from(request.value))
}

/** What a write waits for: the SCSI device it names, else the SCSI host, whose scans the kernel does one after another anyway. */
export function writeKey(directory: string): string {
  const objects = directory.split('/').filter((name) => /^(host\d+|\d+:\d+:\d+:\d+)$/.test(name))
  return objects.at(-1) ?? directory
}

function decodeWrite(outcome: NativeWriteOutcome): WriteOutcome {
  if (outcome.outcome !== 'changed') return { outcome: outcome.outcome }
  const found = outcome.found === undefined ? undefined : Buffer.from(outcome.found).toString('utf8').replace(/\n$/, '')
  return { outcome: 'changed', attribute: outcome.attribute, found }
}

function decodeConnect(errno: number): ConnectOutcome {
  return errno === 0 ? { outcome: 'connected' } : { outcome: 'failed', error: errnoName(errno) }
}

/** Answers of `connect` that mean that no daemon listens there. */
const nobodyListens: ReadonlySet<string | undefined> = new Set(['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT'])

async function exchange(addon: Addon, { socket, bytes, reply }: DaemonRequest, netns: string | undefined): Promise<Uint8Array> {
  try {
    return await addon.exchange(socket, bytes, reply, EXCHANGE_MS, netns)
  } catch (error) {
    const errno = errnoOf(error)
    if (!nobodyListens.has(errno)) throw error
    throw new BrickworkError('ERR_DAEMON_UNREACHABLE', `The daemon at @${socket} does not answer (${errno ?? ''}): is it running?`, {
      details: { socket, errno },
      cause: error,
    })
  }
}

/** One after another: many of ours at once would keep each other waiting at open-iscsi's lock, which can only be asked for again and again. */
async function changeInTurn(records: Turns, addon: Addon, change: RecordChange, signal: AbortSignal): Promise<'done' | 'lock-timeout'> {
  const end = performance.now() + RECORD_LOCK_MS
  const turn = await records.take(change.lockDirectory, signal)
  try {
    // Who was before has waited for the lock as long as this one may.
    if (performance.now() >= end) return 'lock-timeout'
    return await changeInSlices(addon, change, end, signal)
  } finally {
    turn[Symbol.dispose]()
  }
}
async function changeInSlices(addon: Addon, change: RecordChange, end: number, signal: AbortSignal): Promise<'done' | 'lock-timeout'> {
  const data = change.text === undefined ? undefined : Buffer.from(change.text)
  do {
    const done = await native(signal, () => addon.changeRecord(change.lockDirectory, change.path, data, RECORD_SLICE_MS))
    if (done) return 'done'
  } while (performance.now() < end)
  return 'lock-timeout'
}
