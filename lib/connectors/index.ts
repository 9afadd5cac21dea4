/** All transports that there are. */
import type { ConnectionForm } from '../connection/form.js'
import type { Connector } from '../operation/connector.js'
import { iscsiForm } from './iscsi/connection.js'
import { createIscsiConnector } from './iscsi/index.js'
import { localForm } from './local/connection.js'
import { createLocalConnector } from './local/index.js'

export const forms: readonly ConnectionForm[] = [iscsiForm, localForm]

/** New ones for each attacher: some remember what failed a moment ago. */
export function createConnectors(): Connector[] {
  return [createIscsiConnector(), createLocalConnector()]
}
