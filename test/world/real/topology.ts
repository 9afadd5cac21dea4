/** The host as other programs see it: sysfs by plain reads, lsblk, iscsiadm, dmsetup and multipath. Nothing here uses the library. */
import { readdir, readFile, readlink } from 'node:fs/promises'
import { must, run } from './shell.js'

const text = async (file: string) => (await readFile(file, 'latin1').catch(() => '')).trim()
const names = async (directory: string) => (await readdir(directory).catch(() => [])).sort()
const last = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** One disk or map, with one read for each file. */
export async function diskBySysfs(name: string) {
  const place = `/sys/class/block/${name}`
  const hctl = last(await readlink(`${place}/device`).catch(() => ''))
  // `…/platform/host3/session1/target3:0:0/3:0:0:1/block/sda`
  const session = /\/session([0-9]+)\//.exec(await readlink(place))?.[1]
  const page = await readFile(`${place}/device/vpd_pg80`).catch(() => Buffer.alloc(0))
  return {
    number: await text(`${place}/dev`),
    sizeBytes: Number(await text(`${place}/size`)) * 512,
    readOnly: (await text(`${place}/ro`)) === '1',
    diskseq: await text(`${place}/diskseq`),
    logicalBlockSize: Number(await text(`${place}/queue/logical_block_size`)),
    holders: await names(`${place}/holders`),
    slaves: await names(`${place}/slaves`),
    hctl,
    session: session === undefined ? undefined : Number(session),
    state: await text(`${place}/device/state`),
    vendor: await text(`${place}/device/vendor`),
    model: await text(`${place}/device/model`),
    naa: await text(`${place}/device/wwid`),
    // LIO ends its serial numbers with a NUL.
    serial: page.subarray(4).toString('latin1').replace(/\0+$/, '').trim(),
    sg: (await names(`${place}/device/scsi_generic`))[0] ?? '',
    dmName: await text(`${place}/dm/name`),
    dmUuid: await text(`${place}/dm/uuid`),
  }
}

export interface LsblkRow {
  readonly kname: string
  readonly 'maj:min': string
  readonly size: number
  readonly ro: boolean
  readonly type: string
  readonly hctl: string | null
  readonly state: string | null
  readonly vendor: string | null
  readonly 'log-sec': number
  readonly tran: string | null
  readonly fstype: string | null
  readonly label: string | null
  readonly uuid: string | null
  readonly partuuid: string | null
  readonly mountpoints: readonly (string | null)[]
}
export async function devicesByLsblk(): Promise<readonly LsblkRow[]> {
  const columns = 'KNAME,MAJ:MIN,SIZE,RO,TYPE,TRAN,HCTL,STATE,VENDOR,LOG-SEC,FSTYPE,LABEL,UUID,PARTUUID,MOUNTPOINTS'
  const said = JSON.parse(await must(['lsblk', '-J', '-b', '-l', '-o', columns])) as { blockdevices: LsblkRow[] }
  return said.blockdevices
}

const PARAMETERS = [
  'Target Reset Timeout',
  'LUN Reset Timeout',
  'Abort Timeout',
  'HeaderDigest',
  'DataDigest',
  'MaxRecvDataSegmentLength',
  'MaxXmitDataSegmentLength',
  'FirstBurstLength',
  'MaxBurstLength',
  'ImmediateData',
  'InitialR2T',
  'MaxOutstandingR2T',
]

export interface SaidSession {
  readonly target: string
  readonly session: number
  readonly portal: string
  readonly persistent: string
  readonly iface: string
  readonly initiatorName: string
  readonly connection: string
  readonly state: string
  readonly host: number
  readonly recoverySeconds: number
  /** Time-outs and negotiated parameters, by iscsiadm's names; `Yes`, `None` and numbers as it prints them. */
  readonly parameters: Readonly<Record<string, string>>
  /** `sda` */
  readonly disks: readonly string[]
}
/** `iscsiadm -m session -P 3`: targets, each with its sessions by portal, each with its disks. */
export async function sessionsByIscsiadm(): Promise<SaidSession[]> {
  // It fails if a session ends while it runs.
  const { stdout } = await run(['iscsiadm', '-m', 'session', '-P', '3'])
  return stdout.split(/^Target: /m).flatMap((target) => {
    const name = /^\S+/.exec(target)?.[0] ?? ''
    return target
      .split(/^\tCurrent Portal: /m)
      .slice(1)
      .map((part): SaidSession => {
        const word = (label: string) => new RegExp(`^\\s*${label}: *(\\S+(?: \\S+)*)`, 'm').exec(part)?.[1] ?? ''
        return {
          target: name,
          session: Number(word('SID')),
          portal: (/^\S+/.exec(part)?.[0] ?? '').replace(/,-?\d+$/, ''),
          persistent: word('Persistent Portal').replace(/,-?\d+$/, ''),
          iface: word('Iface Name'),
          initiatorName: word('Iface Initiatorname'),
          connection: word('iSCSI Connection State'),
          state: word('iSCSI Session State'),
          host: Number(/Host Number: (\d+)/.exec(part)?.[1]),
          recoverySeconds: Number(word('Recovery Timeout')),
          parameters: Object.fromEntries(PARAMETERS.map((label) => [label, word(label)])),
          disks: [...part.matchAll(/Attached scsi disk (\S+)/g)].map(([, disk = '']) => disk).sort(),
        }
      })
  })
}

export interface SaidPath {
  readonly number: string
  readonly state: string
  readonly group: number
}
/** Paths of a map by `dmsetup table` and `dmsetup status`: numbers and groups from the first, states from the second. */
export async function pathsByDmsetup(name: string): Promise<{ readonly table: readonly SaidPath[]; readonly status: readonly SaidPath[] }> {
  // `0 131072 multipath 0 1 alua 2 1 service-time 0 1 2 8:16 1 1 service-time 0 1 2 8:0 1 1`
  const table = await must(['dmsetup', 'table', name])
  // `… 2 0 1 0 2 1 A 0 1 2 8:16 A 0 0 1 E 0 1 2 8:0 A 0 0 1`
  const status = await must(['dmsetup', 'status', '--noflush', name])
  const ofTable = table
    .split(/ (?=(?:service-time|round-robin|queue-length|historical-service-time) )/)
    .slice(1)
    .flatMap((part, group) => [...part.matchAll(/\b(\d+:\d+)\b/g)].map(([, number = '']) => ({ number, state: '', group: group + 1 })))
  const ofStatus = [...status.matchAll(/\b(\d+:\d+) ([AF])\b/g)].map(([, number = '', state = '']) => ({
    number,
    state: state === 'A' ? 'active' : 'failed',
    group: 0,
  }))
  return { table: ofTable, status: ofStatus }
}

export interface SaidMap {
  readonly wwid: string
  readonly device: string
  readonly vendor: string
  /** `1 queue_if_no_path` or `0` */
  readonly features: string
  /** `1 alua` or `0` */
  readonly handler: string
  /** `policy status`, in the order of the table */
  readonly groups: readonly string[]
  /** `hctl name number state checker priority`; the priority is that of the group */
  readonly paths: readonly string[]
}
/**
 *     36001405… dm-0 LIO-ORG,one
 *     size=64M features='0' hwhandler='1 alua' wp=rw
 *     `-+- policy='service-time 0' prio=50 status=active
 *       |- 2:0:0:1 sda 8:0  active ready running
 */
export async function mapsByMultipath(): Promise<SaidMap[]> {
  // It ends with 1 if a path is removed while it runs.
  const { stdout } = await run(['multipath', '-ll'])
  return stdout.split(/^(?=[0-9a-f]{33} )/m).flatMap((part) => {
    const [, wwid, device, vendor] = /^([0-9a-f]{33}) (dm-\d+) ([^,\n]*)/.exec(part) ?? []
    if (wwid === undefined || device === undefined) return []
    const [, features = '', handler = ''] = /features='([^']*)' hwhandler='([^']*)'/.exec(part) ?? []
    const groups = part.split(/(?=policy=')/).slice(1)
    const paths = groups.flatMap((group) => {
      const priority = /prio=(-?\d+)/.exec(group)?.[1] ?? ''
      const rows = [...group.matchAll(/(\d+:\d+:\d+:\d+) (sd\w+)\s+(\d+:\d+)\s+(\w+)\s+(\w+)/g)]
      return rows.map((match) => [...match.slice(1, 6), priority].join(' '))
    })
    const settings = groups.map((group) => /policy='([^']*)' prio=\S+ status=(\w+)/.exec(group)?.slice(1, 3).join(' ') ?? '')
    return [{ wwid, device, vendor: vendor ?? '', features, handler, groups: settings, paths: paths.sort() }]
  })
}
