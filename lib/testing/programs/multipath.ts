import { BrickworkError } from '../../core/errors.js'
import type { CommandResult } from '../../core/host.js'
import { blacklisted } from '../multipathd/config.js'
import { remember } from '../multipathd/known-files.js'
import { type Invocation, result } from './program.js'

/** multipath(8), as far as it writes down volumes: `multipath -a WWID`. */
export async function multipath(run: Invocation): Promise<CommandResult> {
  const { argv, machine } = run
  const [, option, wwid = ''] = argv
  if (!machine.multipath.installed)
    throw new BrickworkError('ERR_TOOL_MISSING', 'multipath is not on this host', { details: { program: argv[0] } })
  if (option !== '-a' || argv.length !== 3) throw machine.ledger.unknown(`multipath: ${argv.slice(1).join(' ')}`)
  await run.pause(machine.settings.delays.command)
  if (blacklisted(machine.multipath.config, wwid)) return result(1)
  remember(machine, wwid)
  return result(0, `wwid '${wwid}' added\n`)
}
