import type { Holder } from '../../index.js'

/** Who uses a device, in one line. */
export function holderLine({ kind, pid, command, where, name }: Holder): string {
  const process = pid === undefined ? undefined : `pid ${pid}${command === undefined ? '' : ` (${command})`}`
  return [kind, where, name, process].filter((part) => part !== undefined).join('  ')
}
