import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { addon, folder } from './addon.js'

function device(): { session: string; path: string; text: () => string } {
  const session = folder()
  const path = join(session, 'target')
  mkdirSync(path)
  writeFileSync(join(session, 'targetname'), 'iqn.x\n')
  writeFileSync(join(path, 'wwid'), 'naa.6\n')
  writeFileSync(join(path, 'delete'), '')
  return { session, path, text: () => readFileSync(join(path, 'delete'), 'utf8') }
}
const guard = (attribute: string, equals: string) => ({ attribute, equals: Buffer.from(equals) })
const one = Buffer.from('1')

test('writes when every guard holds', async () => {
  const { path, text } = device()
  const guards = [guard('wwid', 'naa.6'), guard('../targetname', 'iqn.x')]
  expect(await addon.guardedWrite('host4', path, guards, 'delete', one)).toEqual({ outcome: 'written' })
  expect(text()).toBe('1')
})

test('a guard may compare the beginning only', async () => {
  const { path, text } = device()
  const begins = (equals: string) => [{ ...guard('wwid', equals), prefix: true }]
  expect(await addon.guardedWrite('host4', path, begins('naa.'), 'delete', one)).toEqual({ outcome: 'written' })
  expect(await addon.guardedWrite('host4', path, begins('aa.6'), 'delete', one)).toMatchObject({ outcome: 'changed' })
  expect(await addon.guardedWrite('host4', path, begins('naa.66'), 'delete', one)).toMatchObject({ outcome: 'changed' })
  expect(text()).toBe('1')
})

test('does not write when a guard differs, and tells what it found', async () => {
  const { path, text } = device()
  const answer = await addon.guardedWrite('host4', path, [guard('../targetname', 'iqn.other')], 'delete', one)
  expect(answer).toEqual({ outcome: 'changed', attribute: '../targetname', found: Buffer.from('iqn.x') })
  expect(text()).toBe('')
})

test('says gone for a directory, a guard or an attribute that is not there', async () => {
  const { path, session } = device()
  const gone = { outcome: 'gone' }
  expect(await addon.guardedWrite('k', path, [], 'none', one)).toEqual(gone)
  expect(await addon.guardedWrite('k', path, [guard('none', '')], 'delete', one)).toEqual(gone)
  renameSync(path, join(session, 'moved'))
  expect(await addon.guardedWrite('k', path, [guard('wwid', 'naa.6')], 'delete', one)).toEqual(gone)
  rmSync(session, { recursive: true })
  expect(await addon.guardedWrite('k', path, [], 'delete', one)).toEqual(gone)
})

test('other failures are failures', async () => {
  const { path } = device()
  mkdirSync(join(path, 'directory'))
  await expect(addon.guardedWrite('k', path, [], 'directory', one)).rejects.toMatchObject({ errno: -21, path: join(path, 'directory') })
})
