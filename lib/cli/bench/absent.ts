/** Refuses a bench of volumes that are on this host already: they belong to somebody else. */
import { kernelLun } from '../../connection/lun.js'
import { BrickworkError } from '../../core/errors.js'
import { meaningOfNguid, meaningOfUuid, meaningOfWwid } from '../../core/volume-name.js'
import type { Attacher, AttachmentSummary, AttachRequest, BlockTopology, Call } from '../../index.js'

/** @throws `ERR_CONFLICT` naming each volume that is attached or visible on this host */
export async function absentFrom(attacher: Attacher, requests: readonly AttachRequest[], call: Call): Promise<void> {
  const [attachments, topology] = [await attacher.list(call), await attacher.enumerate(call)]
  const found = requests.flatMap((request) => {
    const where = [...recorded(request, attachments), ...seen(request, topology)]
    return where.length === 0 ? [] : [`${request.id}: ${[...new Set(where)].join(', ')}`]
  })
  if (found.length === 0) return
  const message = `bench attaches no volume that is on this host already. ${found.join('; ')}`
  throw new BrickworkError('ERR_CONFLICT', message)
}

function recorded({ id }: AttachRequest, attachments: readonly AttachmentSummary[]): string[] {
  const other = attachments.find((each) => each.id === id)
  return other === undefined ? [] : [`there is an attachment of this name (${other.state})`]
}

/** Devices that show one of the volume's names, and those of its LUN in sessions to its targets. */
function seen(request: AttachRequest, topology: BlockTopology): string[] {
  const { wwid, serial, uuid, nguid } = request.expected ?? {}
  const names = new Set([
    ...(wwid === undefined ? [] : meaningOfWwid(wwid)),
    ...(uuid === undefined ? [] : meaningOfUuid(uuid)),
    ...(nguid === undefined ? [] : meaningOfNguid(nguid)),
  ])
  const shows = (device: { readonly wwid?: string; readonly serial?: string }) =>
    (device.wwid !== undefined && meaningOfWwid(device.wwid).some((name) => names.has(name))) ||
    (serial !== undefined && device.serial?.trim() === serial)
  const devices = topology.devices
    .filter(shows)
    .map(({ device, attachments: [attachment] }) =>
      attachment === undefined ? `it is ${device}` : `it is ${device}, attachment ${attachment.id} of owner ${attachment.owner}`,
    )
  const disks = topology.scsiDevices.filter((disk) => shows(disk) || isNamed(request, disk, topology))
  // A disk whose block device shows the name is said once.
  const more = disks.filter(({ block }) => !devices.some((line) => block !== undefined && line.startsWith(`it is /dev/${block}`)))
  return [...devices, ...more.map(({ hctl, block }) => `its LUN is ${block === undefined ? hctl : `/dev/${block}`}`)]
}
function isNamed({ connection }: AttachRequest, disk: BlockTopology['scsiDevices'][number], { sessions }: BlockTopology): boolean {
  if (connection.protocol !== 'iscsi' || disk.session === undefined) return false
  const target = sessions.find(({ session }) => session === disk.session)?.target
  return connection.targets.some(({ iqn, lun }) => iqn === target && String(kernelLun(lun, connection.addressing)) === disk.lun)
}
