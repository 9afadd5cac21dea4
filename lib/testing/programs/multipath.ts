import { BrickworkError } from '../../core/errors.js'
import { forget, remember } from '../multipathd/known-files.js'
import { blacklisted, type MultipathTools } from '../multipathd/config.js'
import { type Program, result } from './program.js'

/** multipath(8), as far as it records a volume (`multipath -a WWID`) and forgets it (`multipath -w WWID`). */
export function multipath(tools: MultipathTools): Program {
  return async (run) => {
    const { argv, machine } = run
    const [, option, wwid = ''] = argv
    if (!tools.installed) throw new BrickworkError('ERR_TOOL_MISSING', 'multipath is not on this host', { details: { program: argv[0] } })
    if ((option !== '-a' && option !== '-w') || argv.length !== 3) throw machine.ledger.unknown(`multipath: ${argv.slice(1).join(' ')}`)
    await run.pause(machine.settings.delays.command)
    if (option === '-w') return result(0, `wwid '${wwid}' ${forget(machine, wwid) ? 'removed' : 'not in wwids file'}\n`)
    if (blacklisted(tools.config, wwid)) return result(1)
    remember(machine, wwid)
    return result(0, `wwid '${wwid}' added\n`)
  }
}
