/** Attaches a block device that is on the host already. Creates nothing, so a detach removes only the claim. */
import type { Connector, AttachedDevice, Release, ReleaseOptions, Resized } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { openExclusively } from '../../operation/device-users.js'
import { heldError } from '../../operation/held-error.js'
import { reverify, verifyIdentity } from '../../operation/identity.js'
import { scsiIdentity } from '../../scsi/disk/identity.js'
import type { Operation } from '../../operation/operation.js'
import type { LocalConnection } from '../../api/connection.js'
import { BrickworkError } from '../../core/errors.js'
import { type BlockDevice, nameOfDevice, readBlockDevice } from '../../linux/block/device.js'
import { localForm } from './connection.js'
import type { Expected } from '../../api/attachment.js'

const DEVICE = 'device'

export function createLocalConnector(): Connector<LocalConnection> {
  return {
    form: localForm,
    attach,
    locate: async (operation, { objects }) => {
      const object = objects.find(({ kind }) => kind === DEVICE)
      const device = object === undefined ? undefined : await sameDevice(operation, object)
      return device === undefined ? undefined : attachedDevice(device)
    },
    reverify: (operation, { sources }, expected) => reverify(operation, sources, expected),
    discover: async (operation, { path }) => {
      const device = await find(operation, path)
      return { objects: device === undefined ? [] : [deviceObject(device)], created: new Set() }
    },
    release,
    resize,
  }
}

async function attach(operation: Operation, { path }: LocalConnection, expected: Expected): Promise<AttachedDevice> {
  const device = await operation.progress.step('find', async () => {
    const found = await find(operation, path)
    if (found !== undefined) return found
    throw new BrickworkError('ERR_TARGET_NOT_FOUND', `${path} is not a block device of this host`, { details: { path } })
  })
  await operation.claim.own(deviceObject(device))
  await operation.progress.step('verify', () => verifyIdentity(operation, scsiIdentity(device, 'local'), false, expected))
  return { ...attachedDevice(device), before: [device.name] }
}

async function find({ host, signal }: Operation, path: string): Promise<BlockDevice | undefined> {
  const real = await host.files.resolve(path)
  const stat = real === undefined ? undefined : await host.files.stat(real)
  if (stat?.type !== 'block' || stat.device === undefined) return undefined
  const name = await nameOfDevice(host, stat.device)
  return name === undefined ? undefined : await readBlockDevice(host, name, signal)
}

function deviceObject({ name, device, kernelWwid, diskseq, dm }: BlockDevice): HostObject {
  const common = [...(kernelWwid === undefined ? [] : [kernelWwid]), ...(dm === undefined ? [] : [`map ${dm.uuid}`])]
  return {
    kind: DEVICE,
    key: `device ${device}`,
    origin: 'found',
    ...(common.length === 0 ? {} : { common }),
    data: { name, kernelWwid: kernelWwid ?? null, diskseq: diskseq ?? null },
  }
}
async function sameDevice({ host, signal }: Operation, { data }: HostObject): Promise<BlockDevice | undefined> {
  const device = await readBlockDevice(host, String(data['name']), signal)
  if (device === undefined) return undefined
  const same = (device.kernelWwid ?? null) === data['kernelWwid'] && (device.diskseq ?? null) === data['diskseq']
  return same ? device : undefined
}
function attachedDevice(device: BlockDevice): AttachedDevice {
  const path = `/dev/${device.name}`
  const source = scsiIdentity(device, 'local')
  return { device, sources: [source], paths: [{ device: path, state: 'running', label: path }], ...source.shown, degraded: false, named: 1 }
}

/** The driver of a local device updates its size. This only compares the sizes. */
async function resize(operation: Operation, entry: Entry, wantedBytes: number | undefined): Promise<Resized> {
  const object = entry.objects.find(({ kind }) => kind === DEVICE)
  const found = object === undefined ? undefined : await operation.progress.step('find', () => sameDevice(operation, object))
  if (found === undefined)
    throw new BrickworkError('ERR_TARGET_NOT_FOUND', `${entry.result?.device ?? 'The device'} is gone or has changed`)
  const [device, sizeBytes, beforeBytes] = [`/dev/${found.name}`, found.sizeBytes, entry.result?.sizeBytes ?? found.sizeBytes]
  const layers = [{ device, beforeBytes, afterBytes: sizeBytes }]
  if (wantedBytes === undefined || wantedBytes === sizeBytes) return { device, beforeBytes, sizeBytes, layers }
  throw new BrickworkError('ERR_RESIZE_NOT_CONVERGED', `${device} has ${sizeBytes} bytes, ${wantedBytes} are expected`, {
    details: { layers, wantedBytes },
  })
}

/** The device stays on the host. It must not be in use, since the caller may remove it next. */
async function release(operation: Operation, { leaving, flush }: ReleaseOptions): Promise<Release> {
  const kept: Release['kept'][number][] = []
  const overridden: Release['overridden'][number][] = []
  for (const object of operation.claim.entry.objects.filter(({ kind }) => kind === DEVICE)) {
    const shared = (await operation.claim.others(object.key)).length > 0
    const device = shared ? undefined : await sameDevice(operation, object)
    const guarded =
      device === undefined ? undefined : await operation.progress.step('check-users', () => openExclusively(operation, device))
    try {
      if (device !== undefined && flush)
        await operation.progress.step('flush', () => operation.host.kernel.flush(`/dev/${device.name}`, operation.signal))
      await leaving()
    } finally {
      await guarded?.hold?.release()
    }
    if (device !== undefined && guarded !== undefined && guarded.overridden.length > 0) {
      const { code, message } = heldError(device, guarded.overridden, [])
      overridden.push({ step: 'check-users', what: `/dev/${device.name}`, code, reason: message })
    }
    kept.push({
      what: `device ${String(object.data['name'])}`,
      reason: shared ? 'another attachment uses it' : 'it existed before the attach',
    })
    await operation.claim.disown(object.key)
  }
  return { checks: [], kept, remaining: [], dataLossPossible: overridden.length > 0, overridden }
}
