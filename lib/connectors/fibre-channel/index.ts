/** Fibre Channel, FCoE included: the fabric logs ports in by itself, and the kernel scans each target port that it sees. */
import type { FibreChannelConnection } from '../../api/fibre-channel-connection.js'
import type { Connector } from '../../operation/connector.js'
import { scsiConnector } from '../../scsi/connector.js'
import type { Transport } from '../../scsi/transport.js'
import { connect } from './connect.js'
import { fibreChannelForm } from './connection.js'
import { describePath, type FcNexus, findNexus, nexusOfKey, placeOfKey, whyDown } from './nexus.js'
import { type FcPath, pairsOnHost, resolvePairs, targetsOf } from './pairs.js'
import { surveyPairs } from './survey.js'

export function createFibreChannelConnector(): Connector<FibreChannelConnection> {
  return scsiConnector(transport)
}

const transport: Transport<FibreChannelConnection, FcPath, FcNexus> = {
  form: fibreChannelForm,
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
  survey: surveyPairs,
}
