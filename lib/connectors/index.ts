/** The list of all transports. */
import type { ConnectionForm } from '../connection/form.js'
import type { Connector } from '../operation/connector.js'
import { iscsiForm } from './iscsi/connection.js'
import { createIscsiConnector } from './iscsi/index.js'
import { localForm } from './local/connection.js'
import { createLocalConnector } from './local/index.js'

export const forms: readonly ConnectionForm[] = [iscsiForm, localForm]

/** Creates connectors for one attacher. Some remember recent failures, so attachers don't share them. */
export function createConnectors(): Connector[] {
  return [createIscsiConnector(), createLocalConnector()]
}
