/** The list of all transports. */
import type { ConnectionForm } from '../connection/form.js'
import type { Connector } from '../operation/connector.js'
import { fibreChannelForm } from './fibre-channel/connection.js'
import { iscsiForm } from './iscsi/connection.js'
import { localForm } from './local/connection.js'
import { nvmeForm } from './nvme/connection.js'

export const forms: readonly ConnectionForm[] = [iscsiForm, nvmeForm, fibreChannelForm, localForm]

/**
 * Creates connectors for one attacher. Some remember recent failures, so attachers don't share them. They are most of the library, so they
 * are loaded only here.
 */
export async function createConnectors(): Promise<Connector[]> {
  const [{ createIscsiConnector }, { createNvmeConnector }, { createFibreChannelConnector }, { createLocalConnector }] = await Promise.all([
    import('./iscsi/index.js'),
    import('./nvme/index.js'),
    import('./fibre-channel/index.js'),
    import('./local/index.js'),
  ])
  return [createIscsiConnector(), createNvmeConnector(), createFibreChannelConnector(), createLocalConnector()]
}
