import { toCinderConnector } from '../../index.js'
import type { Given, Task } from '../command.js'
import { identitySheet } from '../text/identity.js'
import { usageError } from '../usage-error.js'

export function prepareIdentity({ options: { cinder, ip, host, multipath, enforceMultipath, localAttach } }: Given): Promise<Task> {
  const wrong = (option: string, message: string) => usageError(option, message, 'identity')
  if (cinder && ip === undefined) throw wrong('--ip', '--cinder needs --ip ADDRESS: the address of this host for storage')
  if (!cinder && (ip !== undefined || host !== undefined || multipath || enforceMultipath || localAttach))
    throw wrong('--cinder', '--ip, --host, --multipath, --enforce-multipath and --local-attach need --cinder')
  return Promise.resolve(async ({ attacher, call }) => {
    const who = await (await attacher()).identity(call)
    if (ip === undefined) return { document: who, lines: identitySheet(who) }
    const connector = toCinderConnector(who, {
      ip,
      ...(host === undefined ? {} : { host }),
      multipath,
      enforceMultipath,
      doLocalAttach: localAttach,
    })
    return { document: connector, lines: JSON.stringify(connector, null, 2).split('\n') }
  })
}
