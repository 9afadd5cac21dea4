/** Calls that may block forever. Each runs in a helper process. */
import { BrickworkError } from '../core/errors.js'
import { scsiHostIn } from '../core/helper-places.js'
import type { AccessChange, GuardedWrite, Hold, Log, NewMap, WriteOutcome } from '../core/host.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'
import { createFabricsHelpers, type FabricsHelpers } from './fabrics-helpers.js'
import { byteField, field, type HelperRequest, text, textField, u32, u64 } from './helper-frames.js'
import type { Asked, HelperPool } from './helper-pool.js'
import type { HelperProcess } from './helper-process.js'
import type { Reader } from './reader.js'

/**
 * Paths are those of this process. Calls about one device run one after another. When too many abandoned calls of a SCSI host are stuck in
 * the kernel, further calls to its devices throw `ERR_STUCK_IN_KERNEL` at once.
 */
export interface Helpers extends FabricsHelpers {
  write(key: string, directory: string, request: GuardedWrite, signal: AbortSignal): Promise<WriteOutcome>
  hold(device: string, signal: AbortSignal): Promise<Hold | 'busy' | 'gone'>
  flush(device: string, signal: AbortSignal): Promise<void>
  readDirect(device: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  removeMap(control: string, uuid: string, signal: AbortSignal): Promise<'removed' | 'busy' | 'gone'>
  createMap(control: string, map: NewMap, signal: AbortSignal): Promise<'created' | 'busy'>
  setReadOnly(node: string, change: AccessChange, signal: AbortSignal): Promise<'changed' | 'unchanged' | 'gone'>
  /** Pids of the helper processes. */
  pids(): readonly number[]
}

/** The last close of a device waits for the device. A release must not wait forever. */
const RELEASE_MS = 2000

/** `hostOf` returns the SCSI host of a device node (`host4`), or `undefined` when it has none. */
export function createHelpers(pool: HelperPool, log: Log, hostOf: (device: string) => Promise<string | undefined>): Helpers {
  const ofDevice = async (device: string): Promise<Asked> => ({ key: device, host: (await hostOf(device)) ?? device })
  return {
    async write(key, directory, { attribute, value, guards }, signal) {
      const each = guards.flatMap((guard) => [text(guard.attribute), text(guard.equals), Uint8Array.of(guard.prefix === true ? 1 : 0)])
      const fields = [text(directory), text(attribute), text(value), ...each]
      return decodeWrite(await pool.call({ key, host: scsiHostIn(key) ?? key }, { operation: 'guardedWrite', fields }, signal))
    },
    async hold(device, signal) {
      return await pool.keep<Hold | 'busy' | 'gone'>(await ofDevice(device), signal, async (helper, job) => {
        const outcome = decodeHold(await helper.call({ operation: 'hold', fields: [text(device)] }))
        if (outcome !== 'held') {
          job.answer(outcome)
          return 'free'
        }
        if (job.answer(holdOf(pool, helper, device, log))) return 'keep'
        await helper.call(release)
        return 'free'
      })
    },
    async flush(device, signal) {
      await pool.call(await ofDevice(device), { operation: 'flush', fields: [text(device)] }, signal)
    },
    async readDirect(device, offset, length, signal) {
      const body = await pool.call(
        await ofDevice(device),
        { operation: 'readDirect', fields: [text(device), u64(offset), u32(length)] },
        signal,
      )
      return field(body)
    },
    async removeMap(control, uuid, signal) {
      return decodeRemoval(
        await pool.call({ key: uuid, host: uuid }, { operation: 'removeMap', fields: [text(control), text(uuid)] }, signal),
      )
    },
    async createMap(control, { name, uuid, sectors, readOnly, parameters }, signal) {
      const fields = [text(control), text(name), text(uuid), u64(sectors), Uint8Array.of(readOnly ? 1 : 0), text(parameters)]
      return decodeCreation(await pool.call({ key: uuid, host: uuid }, { operation: 'createMap', fields }, signal))
    },
    async setReadOnly(node, { readOnly, diskseq = '0' }, signal) {
      const fields = [text(node), Uint8Array.of(readOnly ? 1 : 0), u64(Number(diskseq))]
      return decodeAccess(await pool.call(await ofDevice(node), { operation: 'setReadOnly', fields }, signal))
    },
    ...createFabricsHelpers(pool, log, ofDevice),
    pids: () => pool.pids(),
  }
}

const release: HelperRequest = { operation: 'release', fields: [] }

function holdOf(pool: HelperPool, helper: HelperProcess, device: string, log: Log): Hold {
  let released: Promise<void> | undefined
  const letGo = async (): Promise<void> => {
    const timer = new LinkedSignal()
    const closed = helper.call(release).then(
      () => pool.giveBack(helper),
      (error: unknown) => {
        log.warn({ device, pid: helper.pid, error }, 'the helper that held this device ended before the release')
        pool.giveBack(helper)
      },
    )
    await Promise.race([closed, pause(RELEASE_MS, timer.signal)])
    timer.abort(NOT_NEEDED)
  }
  return { release: () => (released ??= letGo()) }
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener('abort', () => clearTimeout(timer), { once: true })
  })
}

function decodeWrite(body: Reader): WriteOutcome {
  switch (byteField(body)) {
    case 0:
      return { outcome: 'written' }
    case 1:
      return { outcome: 'gone' }
    case 2: {
      const attribute = textField(body)
      return { outcome: 'changed', attribute, found: byteField(body) === 1 ? textField(body) : undefined }
    }
    default:
      throw unexpected('guardedWrite')
  }
}

function decodeHold(body: Reader): 'held' | 'busy' | 'gone' {
  const outcome = (['held', 'busy', 'gone'] as const)[byteField(body)]
  if (outcome === undefined) throw unexpected('hold')
  return outcome
}

function decodeRemoval(body: Reader): 'removed' | 'busy' | 'gone' {
  const outcome = (['removed', 'busy', 'gone'] as const)[byteField(body)]
  if (outcome === undefined) throw unexpected('removeMap')
  return outcome
}

function decodeCreation(body: Reader): 'created' | 'busy' {
  const outcome = (['created', 'busy'] as const)[byteField(body)]
  if (outcome === undefined) throw unexpected('createMap')
  return outcome
}

function decodeAccess(body: Reader): 'changed' | 'unchanged' | 'gone' {
  const outcome = (['changed', 'unchanged', 'gone'] as const)[byteField(body)]
  if (outcome === undefined) throw unexpected('setReadOnly')
  return outcome
}

function unexpected(operation: string): BrickworkError {
  return new BrickworkError('ERR_PARSE', `The helper's answer to ${operation} can't be read`)
}
