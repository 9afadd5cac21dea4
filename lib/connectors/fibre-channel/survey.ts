/** Every pair of ports that the host has, with its disks. */
import { readLocalPorts } from '../../linux/fc/local-port.js'
import { readDisks } from '../../linux/scsi/disk.js'
import type { Operation } from '../../operation/operation.js'
import type { Survey } from '../../scsi/transport.js'
import type { Orphan } from '../../operation/connector.js'
import { nexusOf, type SurveyedPair } from './nexus.js'
import { type Ghost, ghostsAmong, tombstonesOf } from './tombstones.js'

export async function surveyPairs(operation: Operation): Promise<Survey<SurveyedPair>> {
  const { host, signal } = operation
  const ports = await readLocalPorts(host, signal)
  const nexuses = ports.flatMap((port) => port.remote.flatMap((remote) => nexusOf(port, remote) ?? []))
  const seen = nexuses.map(async (nexus) => ({ nexus, disks: await readDisks(host, nexus.place.directory, signal), objects: [] }))
  const pairs = await Promise.all(seen)
  const tombstones = await tombstonesOf(operation)
  return {
    nexuses: pairs,
    // The kernel finds disks by itself. Only of a volume that was detached a short while ago is it known that nobody wants its disks.
    orphans: (claimed) => ({ mine: ghostsAmong(pairs, tombstones, claimed).map(orphanOf), foreign: [], created: [], proof: '' }),
    connection: (paths) => ({
      protocol: 'fibre-channel',
      targets: paths.map(({ seen: { nexus }, disk }) => ({ wwpn: nexus.target, lun: String(disk.lun) })),
    }),
  }
}

function orphanOf({ id, objects, names }: Ghost): Orphan {
  const [device] = names
  const what = `${names.length === 1 ? 'disk' : 'disks'} ${names.join(', ')} of the detached volume ${JSON.stringify(id)}`
  const reason = 'the kernel found it again after its detach, because the array still maps it to this host'
  return { what, reason, objects, pending: [], ...(device === undefined ? {} : { device }) }
}
