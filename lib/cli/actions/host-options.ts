import type { Given } from '../command.js'
import { checks } from '../../forms.js'
import { parseDocument } from '../document.js'

/** What the calls that examine a host have in common. An option that is not given is left out. */
export async function hostOptions({ options, read, host }: Given) {
  const { connection: file, stateDir, runDir, timeoutMs } = options
  const connection = file === undefined ? undefined : checks.connection(parseDocument(await read(file), file, 'caller').connection)
  return {
    ...(host === undefined ? {} : { host }),
    ...(connection === undefined ? {} : { connection }),
    ...(stateDir === undefined ? {} : { stateDir }),
    ...(runDir === undefined ? {} : { runDir }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  }
}
