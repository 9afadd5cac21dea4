import type { Command, CommandText } from './command.js'
import { attach } from './commands/attach.js'
import { bench } from './commands/bench.js'
import { builtins } from './commands/builtin.js'
import { detach } from './commands/detach.js'
import { doctor } from './commands/doctor.js'
import { enumerate } from './commands/enumerate.js'
import { forget } from './commands/forget.js'
import { heal } from './commands/heal.js'
import { identity } from './commands/identity.js'
import { inspect } from './commands/inspect.js'
import { list } from './commands/list.js'
import { recover } from './commands/recover.js'
import { resize } from './commands/resize.js'
import { supportBundle } from './commands/support-bundle.js'
import { watch } from './commands/watch.js'

export const commands: readonly Command[] = [
  attach,
  detach,
  list,
  inspect,
  enumerate,
  identity,
  recover,
  resize,
  heal,
  forget,
  watch,
  doctor,
  supportBundle,
  bench,
]

/** With those about the command line itself. */
export const allCommands: readonly CommandText[] = [...commands, ...builtins]
