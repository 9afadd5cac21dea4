import { expect, test } from 'vitest'

import { type Attacher, createAttacher } from '../../../lib/index.js'
import { median } from '../../../lib/cli/bench/figures.js'
import { Rounds } from '../../../lib/cli/bench/rounds.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { type Shell, shell } from './shell.js'

const PORTALS = [1, 2].map((network) => `10.99.${network}.1:3260`)
const IQN = 'iqn.2024-01.org.example:vol'
/** As the target makes it of the serial number. */
const serialOf = (lun: number) => `${lun}`.padStart(25, '0')
const wwidOf = (lun: number) => `naa.6001405${serialOf(lun)}`
const connectionOf = (lun: number) => ({ protocol: 'iscsi' as const, targets: PORTALS.map((portal) => ({ portal, iqn: IQN, lun })) })

/** A host with multipathd that can reach volumes at LUN 1 to 4 over two portals. The file names the first three. */
function shellWithVolumes(): Shell {
  const host = new FakeHost({ multipathd: 'running' })
  const luns = [1, 2, 3, 4]
  for (const lun of luns) host.storage.volume(`vol-${lun}`, { sizeMb: 64, serial: serialOf(lun) })
  host.storage.iscsi.target({ iqn: IQN, portals: PORTALS, luns: Object.fromEntries(luns.map((lun) => [lun, `vol-${lun}`])) })
  const made = shell(host)
  const volumes = [1, 2, 3].map((lun) => ({ connection: connectionOf(lun), expected: { wwid: wwidOf(lun) } }))
  made.files.set('volumes.json', JSON.stringify({ volumes }))
  return made
}
const sessionsOf = ({ host }: Shell) => host.names('/sys/class/iscsi_session')
const journalOf = ({ host }: Shell) => host.names('/var/lib/brickwork/attachments')

test('bench shows the volumes, asks, attaches and detaches them in each round, and leaves nothing', async () => {
  const made = shellWithVolumes()
  made.answer = 'y'
  const { code, out, err } = await made.brickwork('bench', 'volumes.json', '--rounds', '2', '--at-once', '2')
  expect(err).toMatch(/^Attaches these 3 volumes read-only .*2 times, for owner default,\n/)
  expect(err).toMatch(/^ {2}bench-3 +.*10\.99\.1\.1:3260/m)
  expect(err).toContain('[y/N]')
  expect({ code, last: err.split('\n').at(-1) }).toEqual({ code: 0, last: 'Go on? [y/N] ' })
  expect(out).toMatch(/^3 volumes, 2 rounds, at most 2 at once/)
  expect(out).toMatch(/^ +first +median +last volume$/m)
  expect(out).toMatch(/^ {2}attach( +[\d.]+ m?s){3}$/m)
  expect(out).toMatch(/^ {2}login +12 +[\d.]+ m?s +[\d.]+ m?s$/m)
  expect(out).toMatch(/programs for each volume: iscsiadm/)
  expect({ sessions: sessionsOf(made), journal: journalOf(made) }).toEqual({ sessions: [], journal: [] })
  made.host.verify()
})

test('bench answers with one document: times in order, steps, programs and each round', async () => {
  const made = shellWithVolumes()
  const { code, out, err } = await made.brickwork('bench', 'volumes.json', '--rounds', '2', '--yes', '--json')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const report = JSON.parse(out) as Record<'attach' | 'detach', { firstMs: number; medianMs: number; lastMs: number; steps: object[] }>
  expect(report).toMatchObject({ volumes: 3, rounds: 2, atOnce: 3, degraded: 0, eachRound: [{}, {}] })
  for (const { firstMs, medianMs, lastMs } of [report.attach, report.detach]) {
    expect(firstMs).toBeLessThanOrEqual(medianMs)
    expect(medianMs).toBeLessThanOrEqual(lastMs)
    expect(lastMs).toBeGreaterThan(0)
  }
  expect(report.attach.steps).toContainEqual(expect.objectContaining({ step: 'verify', count: 12 }))
  expect(report.detach.steps).toContainEqual(expect.objectContaining({ step: 'remove-map', count: 6 }))
})

test('bench attaches read-only, whatever file and command line say', async () => {
  const made = shellWithVolumes()
  const volume = { connection: { ...connectionOf(1), access: 'rw' }, expected: { wwid: wwidOf(1) }, policy: { access: 'rw' } }
  made.files.set('one.json', JSON.stringify({ volumes: [volume] }))
  const flush = made.host.faults.plant({ on: 'kernel.flush', does: { hang: 'before' } })
  const running = made.brickwork('bench', 'one.json', '--rounds', '1', '--yes', '--policy', '{"access":"rw"}')
  await flush.reached
  const disks = made.host.names('/sys/class/block')
  const readOnly = disks.map((name) => made.host.text(`/sys/class/block/${name}/ro`))
  flush.release()
  expect((await running).code).toBe(0)
  expect({ count: disks.length, readOnly }).toEqual({ count: 3, readOnly: ['1', '1', '1'] })
})

test.each([
  ['without a terminal', undefined, [], 2],
  ['with --json, which asks nobody', 'y', ['--json'], 2],
  ['when the answer is no', 'n', [], 1],
  ['when the input ends', '', [], 1],
])('bench does nothing %s', async (_, answer, options, expected) => {
  const made = shellWithVolumes()
  made.answer = answer
  const { code, out, err } = await made.brickwork('bench', 'volumes.json', ...options)
  expect({ code, out }).toEqual({ code: expected, out: '' })
  expect(err).toMatch(answer === undefined || options.length > 0 ? /use --yes/ : /ERR_ABORTED/)
  expect({ ran: made.host.ran, sessions: sessionsOf(made) }).toEqual({ ran: [], sessions: [] })
  expect(made.host.names('/var/lib/brickwork')).toEqual([])
})

test.each(['another owner', 'the same owner'])('bench refuses a volume that %s has attached, and leaves it as it is', async (whose) => {
  const made = shellWithVolumes()
  await using attacher = await createAttacher({ host: made.host, ...(whose === 'another owner' ? { owner: 'csi' } : {}) })
  await attacher.attach({ id: 'mine', connection: connectionOf(2) })
  const { code, err } = await made.brickwork('bench', 'volumes.json', '--yes')
  expect(code).toBe(1)
  expect(err).toMatch(/ERR_CONFLICT: .*bench-2: it is \/dev\/\w+/)
  expect(err).not.toContain('bench-1:')
  expect(err).toContain('nothing was changed on this host')
  expect((await attacher.inspect('mine')).attachment).toMatchObject({ readOnly: false, paths: [{}, {}] })
  expect(sessionsOf(made)).toHaveLength(2)
})

test('bench refuses an id that has an attachment already', async () => {
  const made = shellWithVolumes()
  await using attacher = await createAttacher({ host: made.host })
  await attacher.attach({ id: 'bench-1', connection: connectionOf(4) })
  expect((await made.brickwork('bench', 'volumes.json', '--yes')).err).toMatch(/bench-1: there is an attachment of this name \(attached\)/)
  expect((await attacher.inspect('bench-1')).present).toBe(true)
})

test('bench refuses a LUN that a session of another program shows, although its disk has another name', async () => {
  const made = shellWithVolumes()
  await using attacher = await createAttacher({ host: made.host, owner: 'csi' })
  await attacher.attach({ id: 'mine', connection: connectionOf(4) })
  const volume = { connection: connectionOf(4), expected: { wwid: wwidOf(1) } }
  made.files.set('other.json', JSON.stringify({ volumes: [volume] }))
  expect((await made.brickwork('bench', 'other.json', '--yes')).err).toMatch(/ERR_CONFLICT: .*bench-1: its LUN is \/dev\/sd/)
})

test('bench refuses a volume that is not in its file: the LUN shows another one', async () => {
  const made = shellWithVolumes()
  const volume = { connection: connectionOf(4), expected: { wwid: wwidOf(1) } }
  made.files.set('other.json', JSON.stringify({ volumes: [volume] }))
  const { code, err } = await made.brickwork('bench', 'other.json', '--yes')
  expect(code).toBe(1)
  expect(err).toContain('ERR_IDENTITY_MISMATCH')
  expect({ sessions: sessionsOf(made), journal: journalOf(made) }).toEqual({ sessions: [], journal: [] })
})

const volume = { connection: connectionOf(1), expected: { wwid: wwidOf(1) } }
test.each([
  [{}, "needs 'volumes'"],
  [{ volumes: [] }, "needs 'volumes'"],
  [{ volumes: [volume], rounds: 3 }, "has the field 'rounds', which is not known"],
  [{ volumes: [{ connection: connectionOf(1) }] }, 'volumes[0].expected: must name the volume'],
  [{ volumes: [{ ...volume, expected: { sizeBytes: 67_108_864 } }] }, 'volumes[0].expected: must name the volume'],
  [{ volumes: [{ ...volume, timeoutMs: 5 }] }, 'volumes[0].timeoutMs: is no field'],
  [{ volumes: [volume, { ...volume, conection: 1 }] }, 'volumes[1]: request.conection: is not known'],
  [{ volumes: [volume, volume] }, 'volumes[1]: is the volume or has the id of volumes[0]'],
  [
    { volumes: [volume, { ...volume, connection: connectionOf(2), id: 'bench-1' }] },
    'volumes[1]: is the volume or has the id of volumes[0]',
  ],
  [{ volumes: [{ ...volume, connection: { protocol: 'local', path: '/dev/sda' } }] }, 'volumes[0].connection: a local device'],
  [{ volumes: ['a'] }, 'volumes[0]: must be an object'],
])('bench refuses a file that is wrong before anything is changed: %#', async (file, message) => {
  const made = shellWithVolumes()
  made.files.set('-', JSON.stringify(file))
  const { code, out, err } = await made.brickwork('bench', '-', '--yes')
  expect({ code, out }).toEqual({ code: 2, out: '' })
  expect(err).toContain(`Standard input: ${message}`)
  expect(made.host.ran).toEqual([])
})

test('an attach that fails ends the bench; what it had attached is detached', async () => {
  const made = shellWithVolumes()
  made.host.storage.iscsi.unmapLun(IQN, 3)
  const { code, err } = await made.brickwork('bench', 'volumes.json', '--yes', '--timeout', '5s')
  expect(code).toBe(75)
  expect(err).toMatch(/ERR_(LUN_NOT_FOUND|TIMEOUT)/)
  expect(err).toContain('everything that was created was rolled back')
  expect({ sessions: sessionsOf(made), journal: journalOf(made) }).toEqual({ sessions: [], journal: [] })
  made.host.verify()
})

test('an interrupt in the middle of a round detaches what was attached', async () => {
  const made = shellWithVolumes()
  const scan = made.host.faults.plant({ on: 'kernel.write', matching: 'scan 0 0 2', does: { hang: 'before' } })
  const running = made.brickwork('bench', 'volumes.json', '--yes', '--at-once', '1')
  await scan.reached
  made.interrupt()
  scan.release()
  const { code, err } = await running
  expect(code).toBe(1)
  expect(err).toMatch(/detaching 1 volumes? first.*\n {2}brickwork detach bench-1$/m)
  expect({ sessions: sessionsOf(made), journal: journalOf(made) }).toEqual({ sessions: [], journal: [] })
})

test('a volume that cannot be detached is said, with the command that detaches it', async () => {
  const made = shellWithVolumes()
  const flush = made.host.faults.plant({ on: 'kernel.flush', does: { hang: 'before' } })
  const running = made.brickwork('bench', 'volumes.json', '--yes', '--at-once', '1', '--owner', 'my bench', '--timeout', '5s')
  await flush.reached
  for (const name of made.host.names('/sys/class/block')) if (name.startsWith('dm-')) made.host.users.open(`/dev/${name}`)
  flush.release()
  const { code, err } = await running
  expect(code).not.toBe(0)
  expect(err).toMatch(/bench-\d stays attached \(ERR_HELD: .*\); detach it with: brickwork detach bench-\d --owner 'my bench'/)
  expect(err).toContain('something was left behind')
})

test('what somebody else has attached under the same id in the meantime is not detached', async () => {
  const detached: unknown[] = []
  const attacher = {
    attach: ({ id }: { id: string }) => Promise.resolve({ id, reused: id === 'bench-2', path: '/dev/sda', timings: [] }),
    detach: (id: string) => Promise.resolve(detached.push(id)),
  } as unknown as Attacher
  const work = new Rounds(attacher, { signal: undefined, timeoutMs: 1, atOnce: 1, detachLine: (id) => id, say: () => undefined })
  const requests = [1, 2].map((lun) => ({ id: `bench-${lun}`, connection: connectionOf(lun) }))
  await expect(work.round(requests)).rejects.toMatchObject({ code: 'ERR_CONFLICT', volume: 'bench-2', sideEffects: 'undone' })
  expect(detached).toEqual(['bench-1'])
})

test('the median is the middle value, or the mean of both', () => {
  expect([[3], [1, 2], [5, 1, 3], [4, 1, 2, 3]].map(median)).toEqual([3, 1.5, 3, 2.5])
})
