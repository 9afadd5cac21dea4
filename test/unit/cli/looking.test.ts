import { expect, test } from 'vitest'

import { createAttacher } from '../../../lib/index.js'
import hostFiles from '../../fixtures/connector/host.json' with { type: 'json' }
import osBrick from '../../fixtures/connector/os-brick.json' with { type: 'json' }
import { withoutVendors } from '../../fixtures/connector/without-vendors.js'
import { connection, IQN, PORTAL, shell, shellWithVolume } from './shell.js'

test('list shows a table, and says when there is nothing', async () => {
  const { brickwork, files } = shellWithVolume()
  expect(await brickwork('list')).toEqual({ code: 0, out: 'Nothing is attached.\n', err: '' })
  expect(await brickwork('list', '--json')).toEqual({ code: 0, out: '{"version":1,"attachments":[]}\n', err: '' })
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  const { out } = await brickwork('list')
  expect(out.split('\n')[0]).toMatch(/^ID {5}STATE {5}DEVICE {4}PRESENT {2}PROTOCOL {2}WWID$/)
  expect(out.split('\n')[1]).toMatch(/^vol-1 {2}attached {2}\/dev\/sda {2}yes {6}iscsi {5}36001405[0-9a-f]{25}$/)
  expect(JSON.parse((await brickwork('list', '--json')).out)).toMatchObject({
    version: 1,
    attachments: [{ id: 'vol-1', owner: 'default', present: true, paths: [] }],
  })
})

test('list is sorted by id, in the API too', async () => {
  const { brickwork, files, host } = shellWithVolume()
  for (const id of ['vol-3', 'vol-1', 'vol-2']) {
    files.set('-', JSON.stringify({ id, connection }))
    await brickwork('attach', '-')
  }
  expect((await brickwork('list')).out.match(/^vol-\d/gm)).toEqual(['vol-1', 'vol-2', 'vol-3'])
  await using attacher = await createAttacher({ host })
  expect((await attacher.list()).map(({ id }) => id)).toEqual(['vol-1', 'vol-2', 'vol-3'])
})

test('inspect says the volume, the device and who uses it', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  expect((await brickwork('inspect', 'vol-1')).out).toMatch(/^ {2}used by +nobody$/m)
  host.users.mount('/dev/sda', { mountPoint: '/mnt/data' })
  const { out } = await brickwork('inspect', 'vol-1')
  expect(out).toContain('vol-1 is attached as /dev/sda\n')
  expect(out).toContain(`${IQN} LUN 1 at ${PORTAL}`)
  expect(out).toMatch(/^ {2}used by +mount {2}\/mnt\/data/m)
})

test('attach says who uses a disk that was there before', async () => {
  const { brickwork, files, host } = shellWithVolume()
  for (const id of ['vol-1', 'vol-2']) files.set(id, JSON.stringify({ id, connection }))
  expect((await brickwork('attach', 'vol-1')).out).not.toContain('used by')
  host.users.mount('/dev/sda', { mountPoint: '/mnt/data' })
  expect((await brickwork('attach', 'vol-2')).out).toMatch(/^ {2}used by +mount {2}\/mnt\/data/m)
})

test.each(['inspect', 'resize'])('%s of what is not attached fails, and the command itself is right', async (verb) => {
  const { code, err } = await shell().brickwork(verb, 'nope')
  expect(code).toBe(1)
  expect(err).toMatch(/^brickwork: ERR_NOT_ATTACHED: "nope" is not attached\n/)
  expect(err).toContain('  host: nothing was changed on this host\n')
  expect(err).not.toContain('may succeed later')
})

test('enumerate shows disks with their path, and those of the machine itself', async () => {
  const { brickwork, files, host } = shellWithVolume()
  host.storage.volume('local', { sizeMb: 10 })
  host.localDisk('vdb', 'local')
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  const { out } = await brickwork('enumerate')
  const [head, , disk, path, content, local, , sessions, , session] = out.split('\n').map((line) => line.replaceAll(/ {2,}/g, '  '))
  expect(head).toBe('Volumes')
  expect(disk).toMatch(/^ {2}sda {2}8:0 {2}disk {2}iscsi {2}64 MiB {2}rw {2}36001405[0-9a-f]{25} {2}LIO-ORG FILEIO {2}vol-1 \(default\)$/)
  expect(path).toBe(`  ├─ path sda  8:0  0:0:0:1  LUN 1  running  active/optimized  ${PORTAL}  session 1  LOGGED_IN  ${IQN}`)
  expect(content).toMatch(/^ {2}└─ ext4 {2}UUID /)
  expect(local).toMatch(/^ {2}vdb {2}\d+:\d+ {2}disk {2}virtio {2}10 MiB {2}rw$/)
  expect(sessions).toBe('iSCSI sessions')
  expect(session).toBe(`  [1]  ${IQN}  ${PORTAL}  LOGGED_IN  host0  default  sda  vol-1 (default)`)
})

test('identity says the names of the host', async () => {
  const { brickwork, host } = shell()
  for (const [path, text] of Object.entries(hostFiles)) host.put(path, text)
  const { out } = await brickwork('identity')
  const lines = out.split('\n').map((line) => line.replace(/ {2,}/, ' | '))
  expect(lines).toEqual(
    expect.arrayContaining([
      'host name | node-1.example',
      'system UUID | 4c4c4544-0042-3510-8053-b4c04f4e3132',
      'root file system | 8f3c9f2e-6a1f-4f0a-9d5e-2b1f6f7c1a90',
      'system | kernel 6.1.0-fake, x86_64',
      'addresses | -',
      'iSCSI initiator | iqn.1993-08.org.debian:01:3d1f5f2cab7e',
      'NVMe host id | 9dfa85f9-6466-4fa2-9c6a-f8efaefae217 (from /etc/nvme)',
      'NVMe multipath | by the kernel',
      'FC ports | 21000024ff4c1a2e  node 20000024ff4c1a2e  Online  16 Gbit  host2',
      ' | 21000024ff4c1a2f  node 20000024ff4c1a2f  Linkdown  host3',
      'multipathd | not running',
      'RBD | module missing, rbd not installed',
    ]),
  )
  expect(JSON.parse((await brickwork('identity', '--json')).out)).toMatchObject({ systemUuid: '4c4c4544-0042-3510-8053-b4c04f4e3132' })
})

test('identity --cinder prints the connector, alone on standard output, for people and for programs', async () => {
  const { brickwork, host } = shell()
  for (const [path, text] of Object.entries(hostFiles)) host.put(path, text)
  const expected = withoutVendors(osBrick)
  const words = ['identity', '--cinder', '--ip', '192.0.2.21', '--multipath']
  expect(JSON.parse((await brickwork(...words)).out)).toEqual(expected)
  const more = await brickwork(...words, '--enforce-multipath', '--local-attach', '--host', 'compute-3', '--json')
  expect(JSON.parse(more.out)).toEqual({ version: 1, ...expected, enforce_multipath: true, do_local_attach: true, host: 'compute-3' })
  expect(more.out.trimEnd().split('\n').length).toBe(1)
  expect(await brickwork('identity', '--cinder')).toMatchObject({ code: 2, err: expect.stringContaining('--ip ADDRESS') as string })
  expect(await brickwork('identity', '--ip', '192.0.2.21')).toMatchObject({
    code: 2,
    err: expect.stringContaining('need --cinder') as string,
  })
})

test('recover says what it does, or with --dry-run would do', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  expect((await brickwork('recover')).out).toMatch(/^vol-1 {2}kept {2}it is attached/)
  const later = shell(host.reboot())
  expect((await later.brickwork('recover', '--dry-run')).out).toMatch(/^vol-1 {2}to be forgotten {2}/)
  expect((await later.brickwork('recover')).out).toMatch(/^vol-1 {2}forgotten {2}/)
  expect((await later.brickwork('recover')).out).toBe('Nothing to recover.\n')
})

test('recover counts what it did, ends with 1 when something is left, and adopts what it left', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  const mount = host.users.mount('/dev/sda', { mountPoint: '/mnt/data' })
  host.take('/var/lib/brickwork')
  host.take('/run/brickwork')
  for (const dry of [['--dry-run'], []]) {
    const { code, out } = await brickwork('recover', ...dry)
    expect(code).toBe(1)
    const [disk, session, counts] = out.split('\n')
    expect(disk).toMatch(/^disk sda \(LUN 1 of session 1\) +left {2}.*mounted on \/mnt\/data/)
    expect(session).toMatch(new RegExp(`^session 1 to ${IQN} at ${PORTAL} +left {2}`))
    expect(counts).toBe('2 left.')
  }
  expect(await brickwork('recover', '--adopt', '--dry-run')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/1 to be adopted\.\n$/) as string,
  })
  const adopted = await brickwork('recover', '--adopt', '--json')
  expect(JSON.parse(adopted.out)).toMatchObject({ dryRun: false, actions: [{ action: 'adopted', what: '/dev/sda' }] })
  mount.unmount()
  const { id } = (JSON.parse(adopted.out) as { actions: [{ id: string }] }).actions[0]
  expect((await brickwork('detach', id)).code).toBe(0)
  expect((await brickwork('recover')).out).toBe('Nothing to recover.\n')
})

test('--verbose tells the steps on standard error, and the answer stays alone on standard output', async () => {
  const { brickwork, files } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  const { out, err } = await brickwork('attach', '-', '--verbose')
  expect(out).toMatch(/^vol-1 is attached/)
  const lines = err.split('\n')
  expect(lines[0]).toMatch(/^ +0 ms {2}attach of vol-1 begins$/)
  expect(err).toMatch(/^ +\d+ ms {2}login +\d+ ms {2}10\.99\.1\.1:3260$/m)
  expect(lines.at(-2)).toMatch(/attach of vol-1 is done \(.*\)$/)

  const json = await brickwork('detach', 'vol-1', '--verbose', '--json')
  const events = json.err
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { event: { type: string } }).event.type)
  expect(events.at(0)).toBe('operation:start')
  expect(events.at(-1)).toBe('operation:end')
})
