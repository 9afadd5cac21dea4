/** NVMe over TCP. The form of the connection says what is not supported yet. */
import type { NvmeConnection } from '../../api/nvme-connection.js'
import type { Connector } from '../../operation/connector.js'
import { reverify } from '../../operation/identity.js'
import { attachNamespace } from './attach.js'
import { nvmeChecks } from './checks.js'
import { ConnectRegistry } from './connect.js'
import { nvmeForm } from './connection.js'
import { healNamespace } from './heal.js'
import { locateNamespace } from './locate.js'
import { pathStates } from './path-states.js'
import { resolvePendingConnect } from './pending-connect.js'
import { releaseNamespace } from './release.js'
import { resizeNamespace } from './resize.js'

export function createNvmeConnector(): Connector<NvmeConnection> {
  const registry = new ConnectRegistry()
  return {
    form: nvmeForm,
    hostChecks: nvmeChecks,
    attach: (operation, connection, expected) => attachNamespace(operation, registry, connection, expected),
    locate: locateNamespace,
    reverify: (operation, { sources }, expected) => reverify(operation, sources, expected),
    release: releaseNamespace,
    resize: resizeNamespace,
    heal: (operation, entry, connection) => healNamespace(operation, registry, entry, connection as unknown as NvmeConnection),
    pathStates,
    resolvePending: (operation, pending) => resolvePendingConnect(operation, registry, pending),
  }
}
