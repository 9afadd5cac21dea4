/** Reads the facts of a fake host from its files. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { askMultipathd } from './actions.js'
import type { DiskFacts, HostFacts, MapFacts, SessionFacts } from './host-state.js'

const SESSIONS = '/sys/class/iscsi_session'
const SCSI = '/sys/bus/scsi/devices'
/** Places of the files of the library, open-iscsi and multipath-tools. */
const PLACES = ['/var/lib', '/run/brickwork', '/etc/iscsi/nodes', '/etc/multipath', '/run/multipath', '/run/lock/iscsi']
/** Lock files are left out: the kernel releases the locks of a dead process. */
const LOCKS = '/run/brickwork/locks'
/** The database of packages is no state of these programs. */
const PACKAGES = '/var/lib/dpkg'
/** udev properties by which programs decide how to handle a device. */
const PROPERTIES = ['DM_MULTIPATH_DEVICE_PATH', 'SYSTEMD_READY', 'ID_SERIAL', 'ID_FS_TYPE', 'DM_NAME', 'DM_UUID']

export async function factsOf(machine: FakeHost): Promise<HostFacts> {
  const host = machine.process()
  const sessions = host.names(SESSIONS).map((name) => sessionFacts(host, name))
  const disks = host.names(SCSI).filter((name) => /^\d+:\d+:\d+:\d+$/.test(name))
  const maps = host.names('/sys/block').filter((name) => name.startsWith('dm-'))
  const entries = (await Promise.all(PLACES.map((place) => below(host, place)))).flat()
  const blocks = host.names('/sys/class/block')
  return {
    sessions: sessions.sort((a, b) => a.id - b.id),
    disks: disks.map((hctl) => diskFacts(host, hctl)).sort((a, b) => Number(a.diskseq) - Number(b.diskseq)),
    maps: maps.map((name) => mapFacts(host, name)),
    files: Object.fromEntries(entries.flatMap(({ path, text }) => (text === undefined ? [] : [[path, text]]))),
    links: Object.fromEntries(entries.flatMap(({ path, target }) => (target === undefined ? [] : [[path, target]]))),
    udev: Object.fromEntries(blocks.map((name) => [name, properties(host, name)])),
    multipathd: host.multipathd.running ? await pathsOfMultipathd(host) : null,
    iscsid: host.iscsid.running,
  }
}

function sessionFacts(host: FakeHost, name: string): SessionFacts {
  const of = (file: string) => host.text(`${SESSIONS}/${name}/${file}`) ?? ''
  const id = Number(name.slice('session'.length))
  const connection = `/sys/class/iscsi_connection/connection${id}:0`
  const portal = `${host.text(`${connection}/persistent_address`) ?? ''}:${host.text(`${connection}/persistent_port`) ?? ''}`
  const scsiHost = Number(/\/host(\d+)\//.exec(host.real(`${SESSIONS}/${name}`) ?? '')?.[1])
  return { id, host: scsiHost, iqn: of('targetname'), portal, iface: of('ifacename'), state: of('state'), recoveryTmo: of('recovery_tmo') }
}
function diskFacts(host: FakeHost, hctl: string): DiskFacts {
  const directory = host.real(`${SCSI}/${hctl}`) ?? ''
  const [name = ''] = host.names(`${directory}/block`)
  const of = (file: string) => host.text(`${directory}/${file}`) ?? ''
  const session = Number(/\/session(\d+)\//.exec(directory)?.[1])
  const block = { name, device: of(`block/${name}/dev`), diskseq: of(`block/${name}/diskseq`) }
  return { hctl, session, ...block, wwid: of('wwid'), state: of('state') }
}
function mapFacts(host: FakeHost, device: string): MapFacts {
  const of = (file: string) => host.text(`/sys/block/${device}/${file}`) ?? ''
  return { device, name: of('dm/name'), uuid: of('dm/uuid'), diskseq: of('diskseq'), paths: host.names(`/sys/block/${device}/slaves`) }
}
/** `DM_MULTIPATH_DEVICE_PATH=0 ID_FS_TYPE=ext4 …`; empty when udev has not described the device. */
function properties(host: FakeHost, name: string): string {
  const record = host.text(`/run/udev/data/b${host.text(`/sys/class/block/${name}/dev`) ?? ''}`) ?? ''
  return PROPERTIES.flatMap((property) => new RegExp(`^E:(${property}=.*)$`, 'm').exec(record)?.[1] ?? []).join(' ')
}
async function pathsOfMultipathd(host: FakeHost): Promise<string[]> {
  const answer = await askMultipathd(host, 'show paths raw format "%d %m"')
  return answer
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

interface Below {
  readonly path: string
  readonly text?: string
  readonly target?: string
}
async function below(host: FakeHost, path: string): Promise<Below[]> {
  if (path === LOCKS || path === PACKAGES) return []
  const type = (await host.files.stat(path))?.type
  if (type === 'link') return [{ path, target: (await host.files.readLink(path)) ?? '' }]
  if (type === 'file') return [{ path, text: new TextDecoder().decode(await host.files.readBytes(path)) }]
  const inside = await Promise.all(host.names(path).map((name) => below(host, `${path}/${name}`)))
  return inside.flat()
}
