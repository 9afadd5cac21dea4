/** Tests every reader of sysfs, /proc, /etc and /run on machines with arbitrary file contents and directory names. */
import fc from 'fast-check'
import { expect, test } from 'vitest'

import type { Host } from '../../../lib/core/host.js'
import { isBrickworkError } from '../../../lib/core/errors.js'
import { readBlockDevice } from '../../../lib/linux/block/device.js'
import { exclusiveHolders, silentHolders } from '../../../lib/linux/block/holders.js'
import { HostFacts } from '../../../lib/linux/host-facts.js'
import { readHostIdentity } from '../../../lib/linux/host-identity.js'
import { readIface, readIfaces } from '../../../lib/linux/iscsi/iface.js'
import { installation, initiatorIn } from '../../../lib/linux/iscsi/installation.js'
import { surveyRecords } from '../../../lib/linux/iscsi/record-survey.js'
import { placeOfSession, readSessions } from '../../../lib/linux/iscsi/session.js'
import { multipathdRuns } from '../../../lib/linux/multipath/daemon.js'
import { mapOver, readMaps } from '../../../lib/linux/multipath/map.js'
import { readDisks } from '../../../lib/linux/scsi/disk.js'
import { readUdevRecord, udevRuns } from '../../../lib/linux/udev/database.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { spoiledText } from './hostile.js'
import { forever } from './machine.js'

const SESSION = '/sys/devices/platform/host3/session1'
const DISK = `${SESSION}/target3:0:0/3:0:0:1`
const MAP = '/sys/devices/virtual/block/dm-0'
const LINKS: Readonly<Record<string, string>> = {
  '/sys/class/iscsi_session/session1': `${SESSION}/iscsi_session/session1`,
  [`${SESSION}/iscsi_session/session1/device`]: SESSION,
  '/sys/class/block/sda': `${DISK}/block/sda`,
  '/sys/block/sda': `${DISK}/block/sda`,
  [`${DISK}/block/sda/device`]: DISK,
  '/sys/class/block/dm-0': MAP,
  '/sys/block/dm-0': MAP,
  [`${DISK}/block/sda/holders/dm-0`]: MAP,
  [`${MAP}/slaves/sda`]: `${DISK}/block/sda`,
}
const FILES = [
  ...['targetname', 'state', 'ifacename', 'tpgt'].map((name) => `${SESSION}/iscsi_session/session1/${name}`),
  ...['persistent_address', 'persistent_port'].map((name) => `${SESSION}/connection1:0/iscsi_connection/connection1:0/${name}`),
  ...['state', 'wwid', 'vpd_pg80', 'vpd_pg83', 'scsi_generic/sg0/dev'].map((name) => `${DISK}/${name}`),
  ...['dev', 'size', 'ro', 'diskseq', 'queue/logical_block_size', 'sda1/dev', 'sda1/partition'].map((name) => `${DISK}/block/sda/${name}`),
  ...['dev', 'size', 'ro', 'dm/name', 'dm/uuid', 'dm/suspended'].map((name) => `${MAP}/${name}`),
  '/run/udev/data/b8:0',
  '/run/multipathd.pid',
  '/proc/swaps',
  '/etc/iscsi/initiatorname.iscsi',
  '/etc/iscsi/ifaces/net1',
  '/etc/iscsi/nodes/iqn.2003-01.org.example:t/10.99.1.1,3260,1/default',
  '/etc/iscsi/send_targets/10.99.1.1,3260',
]
const SAMPLES = [
  'LOGGED_IN\n',
  '(null)\n',
  '3260\n',
  '8:0\n',
  '253:0\n',
  '2048\n',
  '-1\n',
  '0x10\n',
  'mpath-36001405\n',
  '[fd99::1]',
  'running\n',
]
const content = fc.oneof(spoiledText(SAMPLES), fc.constantFrom(...SAMPLES), fc.constant(undefined))
const name = fc.oneof(
  fc.constantFrom('3:0:0:1', '3:0:0:x', ':::', '3:0:0:-1', '3:0:0:1:2', '3:0:0:0x1'),
  fc.stringMatching(/^[0-9a-z.]{0,3}:[0-9]:[0-9]:[^/\0]{0,4}$/),
)

/** @param contents of {@link FILES}, undefined for a missing file @param names of a session's directories beside the disk's */
function machine(contents: readonly (string | undefined)[], names: readonly string[]): FakeHost {
  const host = new FakeHost()
  FILES.forEach((path, index) => {
    const text = contents[index]
    if (text !== undefined) host.put(path, text)
  })
  for (const each of names) host.put(`${SESSION}/target3:0:0/${each}/block/sdx/dev`, '8:0\n')
  for (const [path, target] of Object.entries(LINKS)) host.putLink(path, target)
  return host
}
const readers: Readonly<Record<string, (host: Host) => Promise<unknown>>> = {
  sessions: async (host) => [await readSessions(host, forever), await placeOfSession(host, 1)],
  'SCSI disks': (host) => readDisks(host, SESSION, forever),
  'block devices': (host) => Promise.all(['sda', 'dm-0', 'none'].map((each) => readBlockDevice(host, each, forever))),
  maps: async (host) => [await readMaps(host, forever), await mapOver(host, 'sda', forever)],
  holders: async (host) => {
    const device = await readBlockDevice(host, 'sda', forever)
    return device === undefined ? undefined : [await exclusiveHolders(host, device, forever), await silentHolders(host, device, forever)]
  },
  "open-iscsi's files": async (host) => [
    await surveyRecords(host),
    await readIface(host, '/etc/iscsi', 'net1'),
    await installation(host, forever),
    await readIfaces(new HostFacts(host)),
    initiatorIn((await host.files.read('/etc/iscsi/initiatorname.iscsi')) ?? ''),
    await readHostIdentity(new HostFacts(host)),
  ],
  daemons: async (host) => [await multipathdRuns(host), await readUdevRecord(host, '8:0'), await udevRuns(host)],
}

test.each(Object.entries(readers))('%s: whatever the files say, a value or an error of ours', async (_, read) => {
  const contents = fc.array(content, { minLength: FILES.length, maxLength: FILES.length })
  await fc.assert(
    fc.asyncProperty(contents, fc.array(name, { maxLength: 2 }), async (texts, names) => {
      await read(machine(texts, names)).catch((error: unknown) => expect(isBrickworkError(error), String(error)).toBe(true))
    }),
  )
})
