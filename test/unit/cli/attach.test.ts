import { expect, test } from 'vitest'

import { connection, IQN, PORTAL, shell, shellWithVolume } from './shell.js'

test('attach reads a request from a file and says the device; detach takes it away', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('vol.json', JSON.stringify({ id: 'vol-1', connection, timeoutMs: 20_000 }))

  const attached = await brickwork('attach', 'vol.json')
  expect(attached).toMatchObject({ code: 0, err: '' })
  expect(attached.out).toContain('vol-1 is attached as /dev/sda\n')
  expect(attached.out).toMatch(/^ {2}size {4,}64 MiB \(67108864 bytes, blocks of 512\)$/m)
  expect(attached.out).toMatch(/^ {2}paths {3,}\/dev\/sda {2}running {2}\d+:0:0:1 {2}10\.99\.1\.1:3260 {2}session 1$/m)

  const detached = await brickwork('detach', 'vol-1')
  expect(detached).toMatchObject({ code: 0, err: '' })
  expect(detached.out).toContain('vol-1 is detached\n')
  expect(detached.out).toContain('node record /etc/iscsi/nodes')
  expect(host.names('/sys/class/iscsi_session')).toEqual([])
  expect(await brickwork('detach', 'vol-1')).toMatchObject({ code: 0, out: 'vol-1 is not attached: nothing to do\n' })
  host.verify()
})

test('detach --if-missing error fails where nothing is attached; ok and no option succeed', async () => {
  const { brickwork } = shellWithVolume()
  const missing = await brickwork('detach', 'vol-1', '--if-missing', 'error')
  expect(missing).toMatchObject({ code: 1, out: '' })
  expect(missing.err).toContain('ERR_NOT_ATTACHED')
  for (const more of [[], ['--if-missing', 'ok']]) expect(await brickwork('detach', 'vol-1', ...more)).toMatchObject({ code: 0 })
})

test('attach answers one JSON document with --json, and says when it was attached already', async () => {
  const { brickwork, files } = shellWithVolume()
  files.set('-', JSON.stringify(connection))

  const first = await brickwork('--json', 'attach', '-', '--id', 'vol-1')
  expect(first.err).toBe('')
  expect(first.out.endsWith('}\n')).toBe(true)
  expect(JSON.parse(first.out)).toMatchObject({ id: 'vol-1', device: '/dev/sda', reused: false, sizeBytes: 67_108_864 })

  const second = await brickwork('attach', '-', '--id=vol-1')
  expect(second.out).toContain('vol-1 was attached already, as /dev/sda\n')
})

const data = { target_portal: `${PORTAL},1`, target_iqn: IQN, target_lun: 1, volume_id: 'cinder-name', access_mode: 'rw' }
test.each([
  ['connection_info', { driver_volume_type: 'iscsi', data }],
  ['its data alone', data],
  ['the plural form', { ...data, target_portals: [PORTAL], target_iqns: [IQN], target_luns: [1] }],
])('attach and detach read %s of Cinder', async (_, document) => {
  const { brickwork, files } = shellWithVolume()
  files.set('-', JSON.stringify(document))
  expect(JSON.parse((await brickwork('attach', '-', '--id', 'vol-1', '--json')).out)).toMatchObject({ id: 'vol-1', device: '/dev/sda' })
  const detached = await brickwork('detach', '--connection', '-', '--json')
  expect(JSON.parse(detached.out)).toMatchObject({ id: 'vol-1', outcome: 'released' })
})

test('an attach of Cinder that enforces multipath fails without it, unless the command line says otherwise', async () => {
  const { brickwork, files } = shellWithVolume()
  files.set('-', JSON.stringify({ driver_volume_type: 'iscsi', data: { ...data, enforce_multipath: true } }))
  const { code, err } = await brickwork('attach', '-', '--id', 'vol-1')
  expect(code).toBe(1)
  expect(err).toContain('ERR_MULTIPATH_UNAVAILABLE')
  expect((await brickwork('attach', '-', '--id', 'vol-1', '--policy', '{"multipath":"prefer"}')).code).toBe(0)
})

test('an encrypted volume of Cinder is attached only where the caller opens the encryption; it can be detached in any case', async () => {
  const { brickwork, files } = shellWithVolume()
  const data = { target_portal: PORTAL, target_iqn: IQN, target_lun: 1, encrypted: true }
  files.set('info', JSON.stringify({ driver_volume_type: 'iscsi', data }))
  const refused = await brickwork('attach', 'info', '--id', 'vol-1')
  expect(refused).toMatchObject({ code: 1 })
  expect(refused.err).toContain('ERR_UNSUPPORTED')
  expect((await brickwork('attach', 'info', '--id', 'vol-1', '--encryption', 'caller')).code).toBe(0)
  const { code, out } = await brickwork('detach', '--connection', 'info')
  expect([code, out.includes('vol-1')]).toEqual([0, true])
})

test('a detach by force says what it has overridden, and what that may cost', async () => {
  const { brickwork, files, host } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  host.users.open('/dev/sda')
  const { code, out } = await brickwork('detach', 'vol-1', '--force')
  expect(code).toBe(0)
  expect(out).toMatch(/^ {2}overridden +check-users, \/dev\/sda: ERR_HELD .* has it open$/m)
  expect(out).toContain('may be lost')
})

test('--id, --policy and --timeout go before what the file says', async () => {
  const { brickwork, files } = shellWithVolume()
  const policy = { ready: 'udev', paths: { min: 2, graceMs: 10 } }
  files.set('-', JSON.stringify({ id: 'from-file', connection, policy, timeoutMs: 1 }))
  const { code, out } = await brickwork(
    'attach',
    '-',
    '--id',
    'mine',
    '--policy',
    '{"ready":"kernel","paths":{"min":1}}',
    '--timeout',
    '10s',
    '--json',
  )
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ id: 'mine', udevReady: false })
})

test('timeoutMs of the file is the time-out', async () => {
  const { brickwork, files, host } = shellWithVolume()
  host.storage.iscsi.unmapLun(IQN, 1)
  files.set('-', JSON.stringify({ id: 'v', connection, timeoutMs: 3000 }))
  const from = host.clock.now()
  expect((await brickwork('attach', '-')).code).toBe(75)
  expect(host.clock.now() - from).toBeLessThan(3600)
})

test('an attach that fails says what the host looks like, by text and by JSON, with an exit code that says to retry', async () => {
  const { brickwork, files, host } = shellWithVolume()
  host.storage.portal(PORTAL, 'refuse')
  files.set('-', JSON.stringify({ id: 'v', connection }))

  const people = await brickwork('attach', '-')
  expect(people).toMatchObject({ code: 75, out: '' })
  expect(people.err).toMatch(
    /^brickwork: ERR_TARGET_UNREACHABLE: .*10\.99\.1\.1:3260.*\n {2}step: probe\n {2}host: nothing was changed on this host\n/,
  )

  const programs = await brickwork('attach', '-', '--json')
  expect(programs).toMatchObject({ code: 75, out: '' })
  const { error } = JSON.parse(programs.err) as { error: Record<string, unknown> }
  expect(error).toMatchObject({ code: 'ERR_TARGET_UNREACHABLE', sideEffects: 'none', volume: 'v', retryable: true })
  expect(error['message']).toEqual(expect.any(String))
  expect(error['details']).toEqual(expect.any(Object))
})

test('no secret is ever printed: not of a request that works, fails, or is wrong', async () => {
  const secret = 'correct-horse-battery'
  const withSecret = { ...connection, auth: { username: 'user', secret } }
  const { brickwork, files, host } = shellWithVolume()
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'vol' }, chap: { username: 'user', secret: 'another-secret' } })
  const said: string[] = []
  const say = async (document: unknown, ...argv: string[]) => {
    files.set('-', typeof document === 'string' ? document : JSON.stringify(document))
    for (const more of [[], ['--json']]) {
      const { out, err } = await brickwork('attach', '-', '--id', 'v', '--verbose', ...argv, ...more)
      said.push(out, err)
    }
  }
  await say({ connection: withSecret })
  expect(said.join('')).toContain('ERR_AUTHENTICATION')
  await say({ connection: { ...connection, auth: { username: 'user', secret, more: secret } } })
  await say({ connection: { ...connection, auth: { username: 'user', secret: [secret] } } })
  await say({ connection, secret })
  await say(`{"connection": {"auth": {"secret": "${secret}" "username"`)
  await say({ ...data, auth_method: 'CHAP', auth_username: 'user', auth_password: secret })
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'vol' }, chap: { username: 'user', secret } })
  await say({ connection: withSecret })
  const inspected = await brickwork('inspect', 'v', '--json')
  said.push(inspected.out)
  expect(inspected.out).toContain('"username":"user"')
  expect(said.join('')).not.toContain(secret)
  expect(host.ran.flat().join(' ')).not.toContain(secret)
})

test('an interrupted attach undoes what it did and exits 1', async () => {
  const { brickwork, files, host, interrupt } = shellWithVolume()
  const scan = host.faults.plant({ on: 'kernel.write', matching: 'scan', does: { hang: 'before' } })
  files.set('-', JSON.stringify({ id: 'v', connection }))
  const running = brickwork('attach', '-', '--json')
  await scan.reached
  interrupt()
  scan.release()
  const { code, err } = await running
  expect(code).toBe(1)
  expect(JSON.parse(err)).toMatchObject({ error: { code: 'ERR_ABORTED', sideEffects: 'undone' } })
  expect(host.names('/sys/class/iscsi_session')).toEqual([])
})

test('a login that could not be cancelled is resolved before the command ends', async () => {
  const { brickwork, files, host } = shellWithVolume()
  host.storage.portal(PORTAL, 'mute')
  files.set('-', JSON.stringify({ id: 'v', connection }))
  const { code, err } = await brickwork('attach', '-', '--json', '--timeout', '4s')
  expect(code).toBe(75)
  const { error } = JSON.parse(err.split('\n')[0] ?? '') as { error: { code: string; sideEffects: string } }
  expect(error.code).toMatch(/^ERR_(TIMEOUT|TARGET_UNREACHABLE)$/)
  expect(await brickwork('recover')).toMatchObject({ code: 0, out: 'Nothing to recover.\n' })
  expect(host.clock.sleeping).toBe(0)
})

test('recover names a file of the journal that cannot be read, and goes on', async () => {
  const plain = shell()
  plain.host.put('/var/lib/brickwork/attachments/torn.json', '{')
  const { code, out } = await plain.brickwork('recover')
  expect(code).toBe(1)
  expect(out).toContain('torn.json')
})

test("a policy on the command line goes before the file's, key by key, also of a transport", async () => {
  const { brickwork, files, host } = shellWithVolume()
  const policy = { iscsi: { replacementTimeoutSec: 17 }, paths: { graceMs: 5 } }
  files.set('-', JSON.stringify({ id: 'vol-1', connection, policy }))
  expect(await brickwork('attach', '-', '--policy', '{"iscsi":{"logins":"iscsiadm"},"ready":"kernel"}')).toMatchObject({ code: 0 })
  const [record = ''] = host.names('/etc/iscsi/nodes').map((name) => `/etc/iscsi/nodes/${name}`)
  const [file = ''] = host.names(record)
  expect(host.text(`${record}/${file}`)).toContain('node.session.timeo.replacement_timeout = 17')
})
