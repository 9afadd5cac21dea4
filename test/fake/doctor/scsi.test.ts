/** The doctor's checks of SCSI disks and of LVM. */
import { formatEntry } from '../../../lib/operation/entry-text.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { entryOf, resultOf } from '../../unit/operation/entries.js'
import { IQN, logIn, login, refuse, rowsOf } from './rows.js'

const DISK = '/sys/bus/scsi/devices/0:0:0:1'

rowsOf('scsi.disks', [
  { when: 'none', answer: 'ok', evidence: '/sys/bus/scsi/devices: 0 disks' },
  { when: 'one that runs', set: (host) => login(host, 1), answer: 'ok', evidence: '/sys/bus/scsi/devices: 1 disks' },
  {
    when: 'one that is offline',
    set: async (host) => {
      await login(host, 1)
      host.put(`${DISK}/state`, 'offline\n')
    },
    answer: 'warning',
    evidence: `${DISK}: sda offline, session 1`,
    advice: /brickwork detach/,
  },
  {
    when: 'one without a size',
    set: async (host) => {
      await login(host, 1)
      host.put('/sys/class/block/sda/size', '0\n')
    },
    answer: 'warning',
    evidence: `${DISK}: sda size 0`,
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

const timeout = (seconds: string) => async (host: FakeHost) => {
  await login(host, 1)
  host.put(`${DISK}/timeout`, `${seconds}\n`)
}
rowsOf('scsi.timeouts', [
  { when: '30 s', set: timeout('30'), answer: 'ok' },
  ...['30', '180'].map((seconds) => ({
    when: `${seconds} s, and a host without a deadline`,
    set: async (host: FakeHost) => {
      await timeout(seconds)(host)
      host.put('/sys/class/scsi_host/host0/eh_deadline', 'off\n')
    },
    answer: seconds === '30' ? ('ok' as const) : ('note' as const),
    evidence: '/sys/class/scsi_host/host0/eh_deadline: off',
  })),
  { when: '180 s', set: timeout('180'), answer: 'note', evidence: `${DISK}/timeout: 180`, advice: /rule of udev/ },
  {
    when: 'a port of Fibre Channel',
    set: async (host) => {
      await login(host, 1)
      const port = 'rport-0:0-1'
      host.put(`${host.real('/sys/class/scsi_host/host0/device') ?? ''}/${port}/fc_remote_ports/${port}/port_state`, 'Online\n')
      host.put(`/sys/class/fc_remote_ports/${port}/fast_io_fail_tmo`, '5\n')
    },
    answer: 'ok',
    evidence: '/sys/class/fc_remote_ports/rport-0:0-1/fast_io_fail_tmo: 5',
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/bus', 'kernel.readTree'), answer: 'unknown' },
])

rowsOf('scsi.identity', [
  { when: 'the same volume', set: (host) => login(host, 1), options: { deep: true }, answer: 'ok', evidence: '1 disks' },
  {
    when: 'a LUN that was given to another volume',
    set: async (host) => {
      await login(host, 1)
      host.storage.volume('other')
      host.storage.iscsi.mapLun(IQN, 1, 'other')
    },
    options: { deep: true },
    answer: 'warning',
    evidence: 'another volume now',
    summary: /another volume/,
  },
  {
    when: 'a disk that does not answer',
    set: async (host) => {
      await login(host, 1)
      host.faults.plant({ on: 'kernel.scsi', does: { fail: 'ENODEV' } })
    },
    options: { deep: true },
    answer: 'warning',
    evidence: 'no answer to an INQUIRY',
  },
  {
    when: 'sg nodes that may not be opened',
    set: async (host) => {
      await login(host, 1)
      host.faults.plant({ on: 'kernel.scsi', does: { fail: 'EACCES' } })
    },
    options: { deep: true },
    answer: 'unknown',
  },
])

/** A volume group on the disk, and a claim of an attachment with this device. */
const group = (claimed: string) => async (host: FakeHost) => {
  host.storage.volume('data', { content: 'lvm' })
  host.storage.iscsi.target({ iqn: IQN, portals: ['192.0.2.1:3260'], luns: { 1: 'data' } })
  await logIn(host, '192.0.2.1:3260')
  await host.clock.advance(2000)
  host.put('/run/brickwork/claims/one.json', formatEntry(entryOf('one', { result: resultOf({ device: claimed }) })))
}
rowsOf('lvm.guest-groups', [
  { when: 'none', answer: 'ok', evidence: '/sys/class/block: 0 attached volumes' },
  { when: 'one on another disk', host: { lvmActivation: true }, set: group('/dev/vdz'), answer: 'ok', evidence: '1 attached volumes' },
  {
    when: 'one on an attached volume',
    host: { lvmActivation: true },
    set: group('/dev/sda'),
    answer: 'warning',
    evidence: / on sda$/,
    advice: /vgchange -an /,
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])

const CONF = '/etc/lvm/lvm.conf'
const lvm = (text?: string) => (host: FakeHost) => {
  host.put('/usr/sbin/lvm', 'ELF')
  if (text !== undefined) host.put(CONF, text)
}
rowsOf('lvm.activation', [
  { when: 'not installed', answer: 'ok', evidence: 'lvm: missing' },
  {
    when: 'as shipped',
    set: lvm('devices {\n\t# use_devicesfile = 1\n\tdir = "/dev"\n}\n'),
    answer: 'warning',
    evidence: 'system.devices: missing',
    advice: /lvmdevices --adddev/,
  },
  {
    when: 'a devices file',
    set: (host) => {
      lvm('devices {\n use_devicesfile = 1\n}\n')(host)
      host.put('/etc/lvm/devices/system.devices', 'VERSION=1.1.1\n')
    },
    answer: 'ok',
    evidence: `${CONF}: use_devicesfile = 1`,
  },
  { when: 'a filter', set: lvm('devices {\n global_filter = [ "a|^/dev/vda|", "r|.*|" ]\n}\n'), answer: 'ok' },
  { when: 'a filter that accepts everything', set: lvm('devices {\n global_filter = [ "a|.*|" ]\n}\n'), answer: 'warning' },
  { when: 'no activation by events', set: lvm('global {\n event_activation = 0\n}\n'), answer: 'ok' },
  { when: 'a list of groups', set: lvm('activation {\n auto_activation_volume_list = [ "system" ]\n}\n'), answer: 'ok' },
  {
    when: 'a file that may not be read',
    set: (host) => {
      lvm('')(host)
      refuse(host, CONF)
    },
    answer: 'unknown',
  },
])

rowsOf('lvm.multipath', [
  { when: 'not set', answer: 'ok' },
  { when: 'on', set: lvm('devices/multipath_component_detection=1\n'), answer: 'ok', evidence: 'multipath_component_detection = 1' },
  { when: 'off, without multipath', set: lvm('devices {\n multipath_component_detection = 0 # fast\n}\n'), answer: 'note' },
  {
    when: 'off, with multipath',
    host: { multipathd: 'stopped' },
    set: lvm('devices {\n multipath_component_detection = 0\n}\n'),
    answer: 'warning',
    advice: /= 1/,
  },
  { when: 'a file that may not be read', set: (host) => refuse(host, CONF), answer: 'unknown' },
])
