import { expect, test } from 'vitest'

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
  const [head, disk, path, content, local, , sessions, session] = out.split('\n')
  expect(head).toBe('Volumes')
  expect(disk).toMatch(/^ {2}sda {2}64 MiB {2}rw {2}36001405[0-9a-f]{25} {2}LIO-ORG FILEIO {2}attachment vol-1 \(default\)$/)
  expect(path).toBe(`  ├─ path sda  0:0:0:1  LUN 1  running  ${PORTAL}  session 1  LOGGED_IN  ${IQN}`)
  expect([content, local]).toEqual(['  └─ ext4', '  vdb  10 MiB  rw'])
  expect(sessions).toBe('iSCSI sessions')
  expect(session).toBe(`  [1]  ${IQN}  ${PORTAL}  LOGGED_IN  host0  default  sda  vol-1 (default)`)
})

test('identity says the names of the host', async () => {
  const { out } = await shell().brickwork('identity')
  expect(out).toContain('initiator name  iqn.2004-10.example:fake-host\n')
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
