/** Runs programs with less than root has: as another user, and on file systems that are read-only. */
import { spawnSync } from 'node:child_process'

import { type Ran, run } from './run.js'

/** `nobody`: no file of this machine belongs to it. */
export const NOBODY = 65534
export const isRoot = process.geteuid?.() === 0
/** Whether this process may have a mount namespace of its own. */
export const mayUnshare = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0

/** As a user without any right. */
export async function asNobody(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  return await run(cwd, 'setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', command, ...args)
}
/** With every file system read-only, in a mount namespace of its own. */
export async function readOnly(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  const script =
    'mount --make-rprivate /; for each in / /tmp /var /run /etc /home; do mountpoint -q $each && mount -o remount,bind,ro $each; done; exec "$@"'
  return await run(cwd, 'unshare', '--mount', 'sh', '-c', script, 'sh', command, ...args)
}
