/** Enters the host's namespaces through the files of the host's own /proc. These work from any pid namespace. */
import type { CommandResult } from '../core/host.js'

export interface NamespaceFiles {
  /** `/host/proc/1/ns/mnt` */
  readonly mount: string
  readonly net: string
}

export function namespacesOf(proc: string, pid: number): NamespaceFiles {
  return { mount: `${proc}/${pid}/ns/mnt`, net: `${proc}/${pid}/ns/net` }
}

export function enterArguments({ mount, net }: NamespaceFiles): [string, ...string[]] {
  return ['nsenter', `--mount=${mount}`, `--net=${net}`, '--']
}

/**
 * Distinguishes nsenter's own failures from those of the program that it runs:
 * - `nsenter: failed to execute iscsiadm: No such file or directory` (exit 127; busybox: `can't execute`)
 * - `nsenter: cannot open /host/proc/1/ns/mnt: No such file or directory`
 * - `nsenter: reassociate to namespace 'ns/mnt' failed: Operation not permitted`
 */
export function enterFailure({ exitCode, stderr }: CommandResult): 'no-program' | 'no-namespace' | undefined {
  if (exitCode === 0 || !stderr.startsWith('nsenter: ')) return undefined
  if (exitCode === 127 || /^nsenter: (failed to|can't) execute .*No such file/.test(stderr)) return 'no-program'
  return /^nsenter: .*(open|reassociate|setns|ns\/)/.test(stderr) ? 'no-namespace' : undefined
}
