/** Every pair of ports that the host has, with its disks. */
import { readLocalPorts } from '../../linux/fc/local-port.js'
import { readDisks } from '../../linux/scsi/disk.js'
import type { Operation } from '../../operation/operation.js'
import type { Survey, SurveyedNexus } from '../../scsi/transport.js'
import { type FcNexus, nexusOf } from './nexus.js'

type SurveyedPair = SurveyedNexus<FcNexus>

export async function surveyPairs({ host, signal }: Operation): Promise<Survey<SurveyedPair>> {
  const ports = await readLocalPorts(host, signal)
  const nexuses = ports.flatMap((port) => port.remote.flatMap((remote) => nexusOf(port, remote) ?? []))
  const seen = nexuses.map(async (nexus) => ({ nexus, disks: await readDisks(host, nexus.place.directory, signal), objects: [] }))
  return {
    nexuses: await Promise.all(seen),
    // The kernel finds disks by itself, so nothing shows who created a disk that no claim names.
    orphans: () => ({ mine: [], foreign: [], created: [], proof: '' }),
    connection: (paths) => ({
      protocol: 'fibre-channel',
      targets: paths.map(({ seen: { nexus }, disk }) => ({ wwpn: nexus.target, lun: String(disk.lun) })),
    }),
  }
}
