/** The view of a person at the machine, with the machine's own tools and without the library. */
import { readdir } from 'node:fs/promises'

import { run } from '../world/real/shell.js'

export interface Seen {
  /** Lines of `iscsiadm -m session`. */
  readonly sessions: readonly string[]
  /** Files of open-iscsi's record database. */
  readonly records: readonly string[]
  /** Lines of `lsblk --scsi`. */
  readonly disks: readonly string[]
  /** Lines of `dmsetup ls --target multipath`. */
  readonly maps: readonly string[]
  /** Files of the journal and of the claims, and links to devices. */
  readonly ours: readonly string[]
}
const NO_SESSIONS = 21
const NO_MAPS = 'No devices found'

export async function look(stateDir: string, runDir: string): Promise<Seen> {
  const [sessions, disks, maps, records, ours] = await Promise.all([
    run(['iscsiadm', '-m', 'session']),
    run(['lsblk', '--scsi', '--noheadings', '--output', 'NAME,HCTL,TRAN,VENDOR,SIZE']),
    run(['dmsetup', 'ls', '--target', 'multipath']),
    files('/etc/iscsi/nodes', '/var/lib/iscsi/nodes'),
    files(`${stateDir}/attachments`, `${runDir}/claims`, `${runDir}/by-id`),
  ])
  if (sessions.code !== 0 && sessions.code !== NO_SESSIONS) throw new Error(`iscsiadm -m session: ${sessions.stderr}`)
  if (maps.code !== 0) throw new Error(`dmsetup ls: ${maps.stderr}`)
  return {
    sessions: lines(sessions.stdout),
    records,
    disks: lines(disks.stdout),
    maps: lines(maps.stdout).filter((line) => line !== NO_MAPS),
    ours,
  }
}

async function files(...directories: string[]): Promise<string[]> {
  const found: string[] = []
  for (const directory of directories) {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => [])
    found.push(...entries.filter((entry) => !entry.isDirectory()).map((entry) => `${entry.parentPath}/${entry.name}`))
  }
  return found.sort()
}
function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
