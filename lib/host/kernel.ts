/**
 * The `Kernel` port over the addon and its helper processes. An abort rejects at once and also reaches the native side, which closes its
 * socket and frees its place. Work that the kernel has begun continues.
 */
import { basename } from 'node:path'

import { isBrickworkError } from '../core/errors.js'
import type { GuardedWrite, Kernel, RecordChange } from '../core/host.js'
import { onAbort, until } from '../core/signal.js'
import { Turns } from '../core/turns.js'
import { decodeChanges, stateOf } from './changes-decoder.js'
import { decodeConnect, decodeWrite } from './native-answers.js'
import { encodeGuards } from './encoded.js'
import { systemError } from './errors.js'
import { createFabrics } from './fabrics.js'
import type { Helpers } from './helpers.js'
import type { Addon, NativeWriteOutcome } from './native.js'
import { withoutHelpers } from './own-helpers.js'
import { requireSafeDirectory } from './lock-directory.js'
import type { Paths } from './paths.js'
import { encodePlan, packPlan } from './plan-encoder.js'
import { decodeTree } from './tree-decoder.js'
import { walkTree } from './tree-walk.js'
import { CONNECT_MS, EXCHANGE_MS, RECORD_LOCK_MS, RECORD_SLICE_MS } from './native-limits.js'
import { createJobs, type JobParts } from './job.js'
import { writeKey } from './write-key.js'
import { daemonError } from './daemon-error.js'

export interface KernelParts {
  /** @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly addon: () => Addon
  /** Path of the helper program, for {@link Kernel.load}. @throws `ERR_NATIVE_UNAVAILABLE` */
  readonly helperProgram?: () => string
  readonly helpers: Helpers
  readonly paths: Paths
  /** File of the network namespace of the host's daemons, when it isn't that of this process. */
  readonly netns: string | undefined
  /** For {@link Kernel.runJob}. */
  readonly events?: JobParts['events']
  readonly noteOf?: JobParts['noteOf']
}

const DEVICE_MAPPER = '/dev/mapper/control'

export function createKernel({ addon, helperProgram, helpers, paths, netns, events, noteOf }: KernelParts): Kernel {
  const device = (path: string) => paths.real(path, 'follow')
  const records = new Turns(1)
  const daemons = new Turns(1)
  const native: Native = (signal, call, errorOf = systemError) => callNative(addon(), signal, call, errorOf)
  return {
    load() {
      addon()
      helperProgram?.()
    },
    async readTree(plan, signal) {
      const root = await paths.real(plan.root, 'follow')
      if (!isAvailable(addon)) return await until(walkTree(root, plan.node, signal), signal)
      const encoded = encodePlan(plan.node)
      return decodeTree(await native(signal, (to) => to.readTree(root, packPlan(encoded))), encoded, basename(plan.root))
    },
    async readChanged({ directory, suffix, since }, signal) {
      const real = await paths.real(directory, 'follow')
      return decodeChanges(await native(signal, (to) => to.readChanged(real, suffix, stateOf(since))))
    },
    async write(request, signal) {
      const directory = await paths.real(request.directory, 'follow')
      if (request.waits === 'unbounded') return await helpers.write(request.directory, directory, request, signal)
      return decodeWrite(await native(signal, (to) => writeBounded(to, directory, request)))
    },
    async scsi({ device: path, cdb, length, timeoutMs }, signal) {
      const node = await device(path)
      return await native(signal, (to) => to.sgCommand(node, cdb, length, timeoutMs))
    },
    async connect(address, port, signal) {
      return decodeConnect(await native(signal, (to) => to.tcpConnect(address, port, CONNECT_MS, netns)))
    },
    async exchange(request, signal) {
      const { socket, bytes, reply } = request
      const failed = (error: unknown) => daemonError(socket, error)
      const ask = async () => await native(signal, (to) => to.exchange(socket, bytes, reply, EXCHANGE_MS, netns), failed)
      // iscsid answers each login when that login ends, so many calls may wait for it at once.
      return reply === 'framed' ? await inTurn(daemons, socket, signal, ask) : await ask()
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
      const characters = devices.flatMap((each) => (each.startsWith('c') ? [each.slice(1)] : []))
      const blocks = devices.filter((each) => !each.startsWith('c'))
      const { openers, unseen } = await native(signal, (to) => to.openers(proc, blocks, characters))
      // A device that Brickwork holds is open in a helper process.
      return { openers: await withoutHelpers(proc, openers, helpers.pids()), unseen }
    },
    async deviceMapper({ uuid, command }, signal) {
      const control = await paths.real(DEVICE_MAPPER, 'follow')
      const [name, message] = typeof command === 'string' ? ([command, ''] as const) : (['message', command.message] as const)
      return await native(signal, (to) => to.deviceMapper(control, name, uuid, message))
    },
    async removeMap(uuid, signal) {
      return await helpers.removeMap(await paths.real(DEVICE_MAPPER, 'follow'), uuid, signal)
    },
    async createMap(map, signal) {
      return await helpers.createMap(await paths.real(DEVICE_MAPPER, 'follow'), map, signal)
    },
    async setReadOnly(change, signal) {
      return await helpers.setReadOnly(await device(change.device), change, signal)
    },
    async changeRecord(change, signal) {
      const lockDirectory = await paths.real(change.lockDirectory, 'follow')
      await requireSafeDirectory(lockDirectory)
      const path = change.path === undefined ? undefined : await paths.real(change.path, 'keep')
      return await changeInTurn(records, native, { ...change, lockDirectory, path }, signal)
    },
    runJob: createJobs({ addon, paths, netns, events, noteOf }),
    ...createFabrics({ helpers, paths, netns, native }),
  }
}

/** Queries of a host work without the native part. Everything that changes a host needs it. */
function isAvailable(addon: () => Addon): boolean {
  try {
    addon()
    return true
  } catch (error) {
    if (isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE')) return false
    throw error
  }
}

type Native = <T>(signal: AbortSignal, call: (addon: Addon) => Promise<T>, errorOf?: (error: unknown) => unknown) => Promise<T>

/** An abort frees what the call occupies: its socket and its place in a lane. */
async function callNative<T>(
  addon: Addon,
  signal: AbortSignal,
  call: (addon: Addon) => Promise<T>,
  errorOf: (error: unknown) => unknown,
): Promise<T> {
  signal.throwIfAborted()
  const answer = call(addon)
  const link = onAbort(signal, () => addon.abandon(answer))
  try {
    return await until(mapped(answer, errorOf), signal)
  } finally {
    link[Symbol.dispose]()
  }
}

async function mapped<T>(answer: Promise<T>, errorOf: (error: unknown) => unknown): Promise<T> {
  try {
    return await answer
  } catch (error) {
    throw errorOf(error)
  }
}

function writeBounded(addon: Addon, directory: string, request: GuardedWrite): Promise<NativeWriteOutcome> {
  const value = Buffer.from(request.value)
  return addon.guardedWrite(writeKey(request.directory), directory, encodeGuards(request.guards), request.attribute, value)
}

/** multipathd answers one request after another. A request sent too early only waits there, and is answered after its caller has gone. */
async function inTurn<T>(turns: Turns, name: string, signal: AbortSignal, act: () => Promise<T>): Promise<T> {
  const turn = await turns.take(name, signal)
  try {
    return await act()
  } finally {
    turn[Symbol.dispose]()
  }
}

/** One change at a time: concurrent changes of this process could only poll open-iscsi's lock, and would delay each other. */
async function changeInTurn(records: Turns, native: Native, change: RecordChange, signal: AbortSignal): Promise<'done' | 'lock-timeout'> {
  const end = performance.now() + RECORD_LOCK_MS
  return await inTurn(records, change.lockDirectory, signal, async () => {
    // An earlier change has already waited for the lock all this time.
    if (performance.now() >= end) return 'lock-timeout'
    return await changeInSlices(native, change, end, signal)
  })
}
async function changeInSlices(native: Native, change: RecordChange, end: number, signal: AbortSignal): Promise<'done' | 'lock-timeout'> {
  const data = change.text === undefined ? undefined : Buffer.from(change.text)
  do {
    const done = await native(signal, (to) => to.changeRecord(change.lockDirectory, change.path, data, RECORD_SLICE_MS))
    if (done) return 'done'
  } while (performance.now() < end)
  return 'lock-timeout'
}
