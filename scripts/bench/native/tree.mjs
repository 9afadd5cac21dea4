// A host of N SCSI path devices, four paths to each multipath map, as files: every attribute that a topology query reads, and 20 others.
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PATHS = 4
/** Number of disks below one session. */
const DISKS = 100
const UNREAD = Array.from({ length: 20 }, (_, index) => `unread_${index}`)
const SECTORS = 2097152

/**
 * @typedef {object} Parts functions that make and fill directories, and the paths of some of them
 * @property {(...names: string[]) => string} make @property {(path: string, files: Record<string, string | Buffer>) => void} fill
 * @property {string} block @property {string} udev
 */

/** @param {string} root @param {number} count @returns {string} the directory of the first session, with DISKS disks whatever `count` is */
export function makeTree(root, count) {
  /** @type {Parts['make']} */
  const make = (...names) => {
    const path = join(root, ...names)
    mkdirSync(path, { recursive: true })
    return path
  }
  /** @type {Parts['fill']} */
  const fill = (path, files) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text)
  }
  make('proc', '1', 'ns')
  fill(join(root, 'proc'), { swaps: 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n' })
  fill(join(root, 'proc', '1'), { mountinfo: '22 1 8:1 / / rw - ext4 /dev/vda1 rw\n', comm: 'init\n' })
  symlinkSync('mnt:[4026531841]', join(root, 'proc', '1', 'ns', 'mnt'))
  const udev = make('run', 'udev', 'data')
  const bus = make('sys', 'bus', 'scsi', 'devices')
  const block = make('sys', 'class', 'block')
  const hosts = make('sys', 'class', 'scsi_host')
  make('sys', 'class', 'nvme')
  make('sys', 'class', 'nvme-subsystem')
  make('sys', 'dev', 'block')
  // The places that lsblk reads.
  make('sys', 'block')
  make('dev')
  for (let disk = 0; disk < count; disk++) {
    const [host, lun] = [Math.floor(disk / DISKS), disk % DISKS]
    const target = `sys/devices/platform/host${host}/session${host + 1}/target${host}:0:0`
    if (lun === 0) addHost({ make, fill }, hosts, host)
    const [hctl, name] = [`${host}:0:0:${lun}`, diskName(disk)]
    const device = make(target, hctl)
    const number = `8:${disk * 16}`
    fill(device, scsiAttributes(disk))
    fill(device, Object.fromEntries(UNREAD.map((each) => [each, '0\n'])))
    make(target, hctl, 'scsi_generic', `sg${disk}`)
    symlinkSync(`scsi_generic/sg${disk}`, join(device, 'generic'))
    symlinkSync(`../../../devices/platform/host${host}/session${host + 1}/target${host}:0:0/${hctl}`, join(bus, hctl))
    addDisk({ make, fill, block, udev }, `${target}/${hctl}/block/${name}`, name, number, disk, true)
    if (disk % PATHS === PATHS - 1) addMap({ make, fill, block, udev }, disk)
  }
  return '/sys/devices/platform/host0/session1'
}

/** @param {Pick<Parts, 'make' | 'fill'>} parts @param {string} hosts @param {number} host */
function addHost({ make, fill }, hosts, host) {
  const path = `sys/devices/platform/host${host}`
  const session = `${path}/session${host + 1}`
  fill(make(path, 'scsi_host', `host${host}`), { proc_name: 'iscsi_tcp\n', state: 'running\n' })
  symlinkSync('../..', join(make(path, 'scsi_host', `host${host}`), 'device'))
  symlinkSync(`../../devices/platform/host${host}/scsi_host/host${host}`, join(hosts, `host${host}`))
  fill(make(path, 'iscsi_host', `host${host}`), { initiatorname: 'iqn.2016-04.test:host\n', ipaddress: '10.0.0.1\n', netdev: 'eth0\n' })
  fill(make(session, 'iscsi_session', `session${host + 1}`), {
    targetname: `iqn.2016-04.test:target${host}\n`,
    state: 'LOGGED_IN\n',
    ifacename: 'default\n',
    tpgt: '1\n',
    initiatorname: 'iqn.2016-04.test:host\n',
    recovery_tmo: '5\n',
  })
  fill(make(session, `connection${host + 1}:0`, 'iscsi_connection', `connection${host + 1}:0`), {
    address: '10.0.0.2\n',
    port: '3260\n',
    persistent_address: '10.0.0.2\n',
    persistent_port: '3260\n',
    state: 'up\n',
  })
}

/** @param {number} disk */
function scsiAttributes(disk) {
  const serial = identity(disk)
  const page83 = Buffer.concat([Buffer.from([0, 0x83, 0, 20, 1, 3, 0, 16]), Buffer.from(serial, 'hex')])
  return {
    type: '0\n',
    state: 'running\n',
    vendor: 'LIO-ORG \n',
    model: 'bench           \n',
    rev: '4.0 \n',
    wwid: `naa.${serial}\n`,
    vpd_pg80: Buffer.concat([Buffer.from([0, 0x80, 0, 32]), Buffer.from(serial)]),
    vpd_pg83: page83,
  }
}
/** @param {Parts} parts @param {string} path @param {string} name @param {string} number @param {number} disk @param {boolean} isScsi */
function addDisk({ make, fill, block, udev }, path, name, number, disk, isScsi) {
  const directory = make(path)
  fill(directory, { dev: `${number}\n`, size: `${SECTORS}\n`, ro: '0\n', diskseq: `${disk + 1}\n`, removable: '0\n', stat: '0 0 0\n' })
  make(path, 'holders')
  make(path, 'slaves')
  fill(make(path, 'queue'), { logical_block_size: '512\n', rotational: '1\n', scheduler: 'none\n' })
  if (isScsi) symlinkSync(`../../../${path.split('/').at(-3) ?? ''}`, join(directory, 'device'))
  symlinkSync(`../../${path.slice('sys/'.length)}`, join(block, name))
  symlinkSync(`../${path.slice('sys/'.length)}`, join(block, '../../block', name))
  symlinkSync(`../../${path.slice('sys/'.length)}`, join(block, '../../dev/block', number))
  fill(udev, {
    [`b${number}`]: `S:disk/by-id/wwn-0x${identity(disk)}\nI:1000\nE:ID_SERIAL=${identity(disk)}\nE:DM_MULTIPATH_DEVICE_PATH=1\nG:systemd\n`,
  })
  return directory
}
/** @param {Parts} parts @param {number} last */
function addMap(parts, last) {
  const map = Math.floor(last / PATHS)
  const path = `sys/devices/virtual/block/dm-${map}`
  const directory = addDisk(parts, path, `dm-${map}`, `253:${map}`, last, false)
  parts.fill(parts.make(path, 'dm'), { name: `mpath${map}\n`, uuid: `mpath-3${identity(map)}\n`, suspended: '0\n' })
  for (let disk = last - PATHS + 1; disk <= last; disk++) {
    const name = diskName(disk)
    symlinkSync(`../../../../../class/block/${name}`, join(directory, 'slaves', name))
    symlinkSync(`../../dm-${map}`, join(parts.block, name, 'holders', `dm-${map}`))
  }
}
/** @param {number} number */
const identity = (number) => `6001405${number.toString(16).padStart(25, '0')}`
/** The kernel's order of names: sda … sdz, sdaa … @param {number} disk */
function diskName(disk) {
  let name = ''
  for (let left = disk; left >= 0; left = Math.floor(left / 26) - 1) name = String.fromCharCode(97 + (left % 26)) + name
  return `sd${name}`
}
