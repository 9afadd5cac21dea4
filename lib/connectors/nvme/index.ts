/** NVMe over TCP. The library's list of transports does not have it yet: see the connection for what is not supported. */
import type { NvmeConnection } from '../../api/nvme-connection.js'
import type { Connector } from '../../operation/connector.js'
import type { ConnectionForm } from '../../connection/form.js'
import { reverify } from '../../operation/identity.js'
import { attachNamespace } from './attach.js'
import { ConnectRegistry } from './connect.js'
import { nvmeForm } from './connection.js'
import { locateNamespace } from './locate.js'
import { resolvePendingConnect } from './pending-connect.js'
import { releaseNamespace } from './release.js'
import { resizeNamespace } from './resize.js'

export function createNvmeConnector(): Connector {
  const registry = new ConnectRegistry()
  return {
    // The public union of connections does not have this one yet.
    form: nvmeForm as unknown as ConnectionForm,
    attach: (operation, connection, expected) => attachNamespace(operation, registry, connection as unknown as NvmeConnection, expected),
    locate: locateNamespace,
    reverify: (operation, { sources }, expected) => reverify(operation, sources, expected),
    release: releaseNamespace,
    resize: resizeNamespace,
    resolvePending: (operation, pending) => resolvePendingConnect(operation, registry, pending),
  }
}
