/** Fibre Channel, FCoE included: the fabric logs ports in by itself, and the kernel scans each target port that it sees. */
import type { FibreChannelConnection } from '../../api/fibre-channel-connection.js'
import type { Connector } from '../../operation/connector.js'
import { diskObject } from '../../scsi/disk/objects.js'
import { scsiConnector } from '../../scsi/connector.js'
import type { Transport } from '../../scsi/transport.js'
import { fibreChannelChecks } from './checks.js'
import { connect } from './connect.js'
import { fibreChannelForm } from './connection.js'
import { describePath, type FcNexus, findNexus, nexusOfKey, placeOfKey, whyDown } from './nexus.js'
import { adoptFurther } from './further-paths.js'
import { type FcPath, pairsOnHost, resolvePairs, targetsOf } from './pairs.js'
import { surveyPairs } from './survey.js'
import { bury, tombstonesOf } from './tombstones.js'

export function createFibreChannelConnector(): Connector<FibreChannelConnection> {
  return scsiConnector(transport)
}

const transport: Transport<FibreChannelConnection, FcPath, FcNexus> = {
  form: fibreChannelForm,
  hostChecks: fibreChannelChecks,
  adopts: true,
  resolve: resolvePairs,
  onHost: pairsOnHost,
  named: (connection) => (connection.protocol === 'fibre-channel' ? targetsOf(connection as unknown as FibreChannelConnection) : []),
  connect: (operation, path, _, shareMs) => connect(operation, path, shareMs),
  find: findNexus,
  nexus: nexusOfKey,
  place: placeOfKey,
  whyDown,
  describe: describePath,
  releasing: async (operation) => {
    const { connection } = operation.claim.entry
    if (connection.protocol !== 'fibre-channel') return
    const paths = await pairsOnHost(operation, connection as unknown as FibreChannelConnection)
    const nexuses = await Promise.all(paths.map((path) => findNexus(operation, path)))
    const keys = nexuses.flatMap((nexus, index) => (nexus === undefined ? [] : [diskKey(nexus.key, paths[index]?.lun ?? 0n)]))
    await bury(operation, keys)
    await adoptFurther(operation, keys)
  },
  mayReturn: async (operation) => (await tombstonesOf(operation)).length > 0,
  survey: surveyPairs,
}

const diskKey = (nexus: string, lun: bigint) => diskObject(nexus, lun, undefined, 'intended').key
