/** The doctor's checks of thin pools and of physical volumes that are there twice. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { IQN, logIn, login, refuse, rowsOf } from './rows.js'

const POOL = 'LVM-x3dZ-tpool'
/** A thin pool over sda, with this status of the kernel. */
const pool = (parameters: string) => async (host: FakeHost) => {
  await login(host, 1)
  host.users.stack('/dev/sda', 'dm-9', 'vg-pool-tpool')
  host.put('/sys/class/block/dm-9/dm/uuid', `${POOL}\n`)
  const answer = { targets: [{ start: 0, length: 8192, type: 'thin-pool', parameters }] }
  host.faults.plant({ on: 'kernel.deviceMapper', matching: POOL, does: { answer } })
}
const NAME = '/dev/dm-9 (vg-pool-tpool)'
const REST = 'discard_passdown queue_if_no_space - 1024'

rowsOf('lvm.thin', [
  { when: 'none', answer: 'ok', evidence: '/sys/class/block: no thin pool' },
  {
    when: 'one with space',
    set: pool(`1 189/1024 3202/16384 - rw ${REST}`),
    answer: 'ok',
    evidence: `${NAME}: data 19 %, metadata 18 %`,
  },
  {
    when: 'one that is almost full',
    set: pool(`1 189/1024 15000/16384 - rw ${REST}`),
    answer: 'warning',
    evidence: `${NAME}: data 91 % full`,
    advice: /lvextend -L \+SIZE vg\/pool,/,
  },
  {
    when: 'one whose metadata is almost full',
    set: pool(`1 1000/1024 10/16384 - rw ${REST}`),
    answer: 'warning',
    evidence: `${NAME}: metadata 97 % full`,
  },
  {
    when: 'one without space for data',
    set: pool('1 189/1024 16384/16384 - out_of_data_space discard_passdown error_if_no_space - 1024'),
    answer: 'warning',
    evidence: 'it has no data space left',
  },
  {
    when: 'one that needs a check',
    set: pool('1 189/1024 16/16384 - ro discard_passdown queue_if_no_space needs_check 1024'),
    answer: 'warning',
    evidence: `${NAME}: it is read-only, it needs a check`,
    advice: /lvconvert --repair/,
  },
  { when: 'one that has failed', set: pool('Fail'), answer: 'warning', evidence: `${NAME}: it has failed` },
  {
    when: 'a status that may not be read',
    set: async (host) => {
      await login(host, 1)
      host.users.stack('/dev/sda', 'dm-9', 'vg-pool-tpool')
      host.put('/sys/class/block/dm-9/dm/uuid', `${POOL}\n`)
      host.faults.plant({ on: 'kernel.deviceMapper', matching: POOL, does: { fail: 'EACCES' } })
    },
    answer: 'unknown',
    evidence: `${NAME}: ERR_PERMISSION`,
  },
])

/** Two volumes with a physical volume each. */
const members = (portals: readonly string[], volumes: readonly string[]) => async (host: FakeHost) => {
  for (const name of volumes) host.storage.volume(name, { content: 'lvm' })
  const luns = Object.fromEntries(volumes.map((name, index) => [index + 1, name]))
  host.storage.iscsi.target({ iqn: IQN, portals, luns })
  for (const portal of portals) await logIn(host, portal)
  await host.clock.advance(2000)
}
/** blkid finds this uuid on the device. */
const identify = (host: FakeHost, number: string, uuid: string) => {
  const file = `/run/udev/data/b${number}`
  host.put(file, `${host.text(file) ?? ''}\nE:ID_FS_UUID=${uuid}\n`)
}
const [ONE, OTHER] = ['f8Ih2C-one', 'f8Ih2C-other']
const PORTALS = ['192.0.2.1:3260', '192.0.2.2:3260'] as const

rowsOf('lvm.duplicates', [
  { when: 'no disk', answer: 'ok', evidence: '/run/udev/data: 0 physical volumes' },
  {
    when: 'two physical volumes',
    set: async (host) => {
      await members(PORTALS.slice(0, 1), ['one', 'two'])(host)
      identify(host, '8:0', ONE)
      identify(host, '8:16', OTHER)
    },
    answer: 'ok',
    evidence: '2 physical volumes',
  },
  {
    when: 'one over two paths',
    set: async (host) => {
      await members(PORTALS, ['one'])(host)
      for (const number of ['8:0', '8:16']) identify(host, number, ONE)
    },
    answer: 'ok',
    evidence: '1 physical volumes',
  },
  {
    when: 'a clone beside its original',
    set: async (host) => {
      await members(PORTALS.slice(0, 1), ['one', 'two'])(host)
      for (const number of ['8:0', '8:16']) identify(host, number, ONE)
    },
    answer: 'warning',
    evidence: /^PV f8Ih2C-one: sda \(3[0-9a-f]{32}\) sdb \(3[0-9a-f]{32}\)$/,
    advice: /vgimportclone/,
  },
  {
    when: 'disks that udev does not know',
    set: async (host) => {
      await login(host, 1)
      host.take('/run/udev/data')
    },
    answer: 'unknown',
  },
  { when: 'sysfs that may not be read', set: (host) => refuse(host, '/sys/class', 'kernel.readTree'), answer: 'unknown' },
])
