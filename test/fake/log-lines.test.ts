/** The log: at the level debug what an operation does, at the level warn what a person may have to act on. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { createFakeWorld, type FakeWorld } from '../world/fake/world.js'

const TIMEOUT_MS = 10_000
const messages = ({ host }: FakeWorld, level: 'debug' | 'warn') =>
  host.log.lines.filter((line) => line.level === level).map(({ message }) => message)

/** What has begun and not ended. */
function open(world: FakeWorld): string[] {
  const running: string[] = []
  for (const message of messages(world, 'debug')) {
    const [, what, moment] = /^([^]*): (begins|ended)$/.exec(message) ?? []
    if (what === undefined) continue
    if (moment === 'begins') running.push(what)
    else running.splice(running.indexOf(what), 1)
  }
  return running
}

test('debug lines name operations, steps, programs, and writes to sysfs with their values, with outcome and duration', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  await attacher.attach(request('one'))
  await attacher.detach('one')
  await world.close()
  const { lines } = world.host.log
  expect(messages(world, 'warn')).toEqual([])
  expect(open(world)).toEqual([])
  const line = (start: string) => lines.find(({ message }) => message.startsWith(start) && message.endsWith(': ended'))
  expect(line('attach')).toMatchObject({ fields: { id: 'one', outcome: 'ok', ms: expect.any(Number) as unknown } })
  expect(line('step login')).toMatchObject({ fields: { id: 'one', path: PORTAL, outcome: 'ok', ms: expect.any(Number) as unknown } })
  expect(line('program iscsiadm')).toMatchObject({ fields: { outcome: 'exit code 0', ms: expect.any(Number) as unknown } })
  const writes = lines.map(({ message }) => message).filter((message) => /^kernel call .*\bwrite /.test(message))
  expect(writes).toContainEqual(expect.stringMatching(/^kernel call runJob .*, then write \/sys\/.*\/scan = "0 0 1", .*: begins$/))
  expect(writes).toContainEqual(expect.stringMatching(/^kernel call write \/sys\/.*\/delete = "1": ended$/))
})

test('work that hangs has begun and not ended, and its failure is logged', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  const stuck = world.host.faults.plant({ on: 'kernel.write', matching: '/scan', does: { hang: 'before' } })
  await expect(attacher.attach(request('one'), { timeoutMs: TIMEOUT_MS })).rejects.toMatchObject({ step: 'scan' })
  const { lines } = world.host.log
  expect(lines).toContainEqual(expect.objectContaining({ fields: expect.objectContaining({ outcome: 'ERR_TIMEOUT' }) as unknown }))
  expect(messages(world, 'debug')).toContainEqual(
    expect.stringMatching(/^kernel call runJob .*, then write \/sys\/.*\/scan = "0 0 1", .*: begins$/),
  )
  stuck.release()
  await world.close()
})

test('a wait for another operation is logged with its duration', async () => {
  const world = await createFakeWorld()
  await serveOne(world)
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'files.link', does: { delayMs: 3000 } })
  const attached = attacher.attach(request('one'))
  await attacher.detach('one')
  await attached
  await world.close()
  const debug = messages(world, 'debug')
  expect(debug).toContainEqual(
    expect.stringMatching(/^waits for the lock "attachment default one", held by process \d+ \(node\), attach of attachment "one"/),
  )
  const waited = world.host.log.lines.find(({ message }) => message === 'waited for the lock "attachment default one"')
  expect(waited?.fields['id']).toBe('one')
  expect(waited?.fields['ms']).toBeGreaterThan(3000)
})

test('a lost path is a warning; a path that joins, and a session of another program, are details', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
  await world.foreignLogin(IQN, PORTAL)
  await world.portal(SECOND_PORTAL, 'refuse')
  const attacher = await world.attacher()
  await attacher.attach(request('one', { portals: [PORTAL, SECOND_PORTAL], policy: { multipath: 'require' } }))
  await world.portal(SECOND_PORTAL, 'open')
  await attacher.heal('one')
  await world.close()
  expect(open(world)).toEqual([])
  const [warn, debug] = [messages(world, 'warn'), messages(world, 'debug')]
  expect(warn).toContain('the volume runs on one path')
  expect(debug).toContainEqual(expect.stringMatching(/^kernel call exchange \S+multipathd "add map \w+": ended$/))
  for (const detail of ['a path joined', 'a session created by another program is used and kept']) {
    expect(debug).toContain(detail)
    expect(warn).not.toContain(detail)
  }
})
