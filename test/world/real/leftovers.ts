/** The iSCSI, SCSI and device-mapper objects in the guest, found with standard tools. */
import { readdir, readFile, realpath } from 'node:fs/promises'
import type { Leftovers } from '../world.js'
import { must, run } from './shell.js'

const SESSIONS = '/sys/class/iscsi_session'
const SCSI = '/sys/bus/scsi/devices'
/** Debian 12 has the first, later versions the second. */
const NODES = ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes']
/** An exit code of iscsiadm. */
const NO_OBJECTS_FOUND = 21

export async function lookAtGuest(): Promise<Leftovers> {
  const [sessions, toldSessions, records, toldRecords, disks, maps] = await Promise.all([
    sessionsInSysfs(),
    told(['iscsiadm', '-m', 'session'], /^\S+: \[\d+\] (.+):(\d+),-?\d+ (\S+)/),
    recordFiles(),
    told(['iscsiadm', '-m', 'node'], /^(.+):(\d+),-?\d+ (\S+)/),
    disksInSysfs(),
    mapNames(),
  ])
  // An object exists if one of two sources shows it: sysfs and iscsiadm for sessions, files and iscsiadm for records.
  return { sessions: union(sessions, toldSessions), records: union(records, toldRecords), disks, maps }
}

export async function sessionsOf(iqn: string): Promise<number[]> {
  const found: number[] = []
  for (const name of await list(SESSIONS))
    if ((await text(`${SESSIONS}/${name}/targetname`)) === iqn) found.push(Number(name.slice('session'.length)))
  return found.sort((a, b) => a - b)
}
export async function sdNames(): Promise<string[]> {
  return (await list('/sys/block')).filter((name) => name.startsWith('sd'))
}
export async function portalOfSession(session: number): Promise<string> {
  const connection = `/sys/class/iscsi_connection/connection${session}:0`
  return portalText((await text(`${connection}/persistent_address`)) ?? '', (await text(`${connection}/persistent_port`)) ?? '')
}

async function sessionsInSysfs(): Promise<string[]> {
  const names = await list(SESSIONS)
  return await Promise.all(
    names.map(async (name) => {
      const portal = await portalOfSession(Number(name.slice('session'.length)))
      return `${(await text(`${SESSIONS}/${name}/targetname`)) ?? name} ${portal}`
    }),
  )
}
async function told(argv: string[], line: RegExp): Promise<string[]> {
  const { code, stdout, stderr } = await run(argv)
  if (code === NO_OBJECTS_FOUND) return []
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr.trim()}`)
  return stdout.split('\n').flatMap((each) => {
    const match = line.exec(each)
    return match === null ? [] : [`${match[3] ?? ''} ${portalText((match[1] ?? '').replace(/^\[|\]$/g, ''), match[2] ?? '')}`]
  })
}
/** One entry for each file, in either layout: `address,port`, or `address,port,group/iface`. */
async function recordFiles(): Promise<string[]> {
  const found: string[] = []
  for (const nodes of NODES) {
    for (const iqn of await list(nodes)) {
      for (const place of await list(`${nodes}/${iqn}`)) {
        const [address = '', port = ''] = place.split(',')
        const files = Math.max(1, (await list(`${nodes}/${iqn}/${place}`)).length)
        for (let file = 0; file < files; file++) found.push(`${iqn} ${portalText(address, port)}`)
      }
    }
  }
  return found
}
async function disksInSysfs(): Promise<string[]> {
  const found: string[] = []
  for (const hctl of (await list(SCSI)).filter((name) => /^\d+:\d+:\d+:\d+$/.test(name))) {
    const place = await realpath(`${SCSI}/${hctl}`).catch(() => undefined) // it may be removed at this moment
    if (place === undefined) continue
    const session = /\/(session\d+)\//.exec(place)?.[1]
    found.push(session === undefined ? hctl : `${(await text(`${SESSIONS}/${session}/targetname`)) ?? session} ${hctl.split(':')[3] ?? ''}`)
  }
  return found.sort()
}
async function mapNames(): Promise<string[]> {
  const lines = (await must(['dmsetup', 'ls'])).trim().split('\n')
  return lines.flatMap((line) => (line === '' || line.startsWith('No devices') ? [] : [line.split(/\s/)[0] ?? line])).sort()
}

/** Each element as often as in the list that has it most often. */
function union(a: readonly string[], b: readonly string[]): string[] {
  const count = (of: readonly string[], what: string) => of.filter((each) => each === what).length
  return [...new Set([...a, ...b])].sort().flatMap((each) => Array<string>(Math.max(count(a, each), count(b, each))).fill(each))
}
function portalText(address: string, port: string): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`
}
async function list(directory: string): Promise<string[]> {
  return (await readdir(directory).catch(() => [])).sort()
}
async function text(file: string): Promise<string | undefined> {
  return (await readFile(file, 'utf8').catch(() => undefined))?.trim()
}
