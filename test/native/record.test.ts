import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'

import { addon, folder, node } from './addon.js'

function database() {
  const root = folder()
  const locks = join(root, 'lock')
  mkdirSync(locks)
  mkdirSync(join(root, 'iscsi/nodes'), { recursive: true })
  return {
    locks,
    nodes: join(root, 'iscsi/nodes'),
    record: join(root, 'iscsi/nodes/iqn.x/192.0.2.1,3260,1/default'),
    flat: join(root, 'iscsi/nodes/iqn.x/192.0.2.1,3260'),
    everything: () => readdirSync(root, { recursive: true }).map(String).sort(),
  }
}
const text = Buffer.from('# BEGIN RECORD 2.1.8\n# END RECORD\n')

test('writes a record that only root reads, and leaves nothing else', async () => {
  const { locks, record, everything } = database()
  expect(await addon.changeRecord(locks, record, text, 100)).toBe(true)
  expect(readFileSync(record)).toEqual(text)
  expect(statSync(record).mode & 0o777).toBe(0o600)
  expect(statSync(dirname(record)).mode & 0o777).toBe(0o700)
  expect(everything()).toEqual([
    'iscsi',
    'iscsi/nodes',
    'iscsi/nodes/iqn.x',
    'iscsi/nodes/iqn.x/192.0.2.1,3260,1',
    'iscsi/nodes/iqn.x/192.0.2.1,3260,1/default',
    'lock',
    'lock/lock.brickwork',
  ])
})

test('a reader sees the old record or the new one, never a part', async () => {
  const { locks, flat } = database()
  await addon.changeRecord(locks, flat, Buffer.alloc(4000, 'a'), 100)
  const seen = new Set<string>()
  for (const letter of 'bcdefgh') {
    const change = addon.changeRecord(locks, flat, Buffer.alloc(4000, letter), 1000)
    for (let i = 0; i < 50; i++) {
      const found = readFileSync(flat, 'utf8')
      seen.add(`${found.length} ${new Set(found).size}`)
    }
    await change
  }
  expect([...seen]).toEqual(['4000 1'])
})

test('removes the record and the directories that became empty, never `nodes`', async () => {
  const { locks, nodes, record } = database()
  await addon.changeRecord(locks, record, text, 100)
  const neighbour = join(nodes, 'iqn.x/192.0.2.2,3260,1/default')
  await addon.changeRecord(locks, neighbour, text, 100)
  expect(await addon.changeRecord(locks, record, undefined, 100)).toBe(true)
  expect(readdirSync(join(nodes, 'iqn.x'))).toEqual(['192.0.2.2,3260,1'])
  expect(await addon.changeRecord(locks, neighbour, undefined, 100)).toBe(true)
  expect(await addon.changeRecord(locks, neighbour, undefined, 100)).toBe(true)
  expect(readdirSync(nodes)).toEqual([])
})

test('a lock that iscsiadm holds is waited for, and left alone', async () => {
  const { locks, record } = database()
  const held = join(locks, 'lock.write')
  writeFileSync(join(locks, 'lock'), '')
  linkSync(join(locks, 'lock'), held)
  const started = performance.now()
  expect(await addon.changeRecord(locks, record, text, 200)).toBe(false)
  expect(performance.now() - started).toBeGreaterThan(199)
  expect([existsSync(held), existsSync(record)]).toEqual([true, false])

  const waiting = addon.changeRecord(locks, record, text, 5000)
  setTimeout(() => unlinkSync(held), 50)
  expect(await waiting).toBe(true)
  expect([existsSync(held), existsSync(record)]).toEqual([false, true])
})

test('changes under one lock do not fight for it', async () => {
  const { locks, nodes } = database()
  const records = Array.from({ length: 30 }, (_, i) => join(nodes, `iqn.${i}/192.0.2.1,3260,1/default`))
  const done = await Promise.all(records.map((record) => addon.changeRecord(locks, record, text, 0)))
  expect(new Set(done)).toEqual(new Set([true]))
  expect(readdirSync(nodes).length).toBe(30)
})

test('refuses a path that is no record', async () => {
  const { locks, nodes } = database()
  await expect(addon.changeRecord(locks, join(nodes, 'iqn.x'), text, 100)).rejects.toMatchObject({ errno: -22 })
  expect(existsSync(join(nodes, 'iqn.x'))).toBe(false)
})

test('a lock that a killed process left is broken by the next', async () => {
  const { locks, flat } = database()
  const held = join(locks, 'lock.write')
  const loop = `const [locks, flat] = process.argv.slice(-2); const again = () => addon.changeRecord(locks, flat, Buffer.alloc(4000, 'x'), 1000).then(again); again()`
  for (let tries = 1; !existsSync(held); tries++) {
    expect(tries).toBeLessThan(100)
    const victim = node(loop, locks, flat)
    const deadline = performance.now() + 5000
    while (!existsSync(held) && performance.now() < deadline) await sleep(0)
    victim.kill()
    await victim.ended
  }
  expect(await addon.changeRecord(locks, undefined, undefined, 0)).toBe(true)
  expect(existsSync(held)).toBe(false)
  expect(await addon.changeRecord(locks, flat, text, 0)).toBe(true)
})
