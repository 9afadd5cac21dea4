import { mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'

import { decodeChanges } from '../../lib/host/changes-decoder.js'
import { addon, folder } from './addon.js'

/** After this time a new write is certain to change the times of a file (native/core/changed_files.h). */
const SETTLED_MS = 100

/** Reads the JSON files of a folder repeatedly. */
function looker(directory: string): () => Promise<Record<string, unknown>> {
  let state = new Uint8Array(0)
  return async () => {
    const seen = decodeChanges(await addon.readChanged(directory, '.json', state))
    state = seen.state as Uint8Array<ArrayBuffer>
    const files = [...seen.files].map(([name, bytes]) => [name, Buffer.from(bytes).toString()] as const)
    return { ...Object.fromEntries(files), gone: seen.gone, unread: seen.unread }
  }
}
const nothing = { gone: [], unread: [] }

test('tells all files at first, then those that have changed', async () => {
  const directory = folder()
  const look = looker(directory)
  expect(await look()).toEqual(nothing)
  for (const name of ['a.json', 'b.json', 'c.txt']) writeFileSync(join(directory, name), name)
  await sleep(SETTLED_MS)
  expect(await look()).toEqual({ ...nothing, 'a.json': 'a.json', 'b.json': 'b.json' })
  expect(await look()).toEqual(nothing)
  await addon.replaceFile(join(directory, 'a.json'), join(directory, '.a'), Buffer.from('A'), 0o600)
  rmSync(join(directory, 'b.json'))
  await sleep(SETTLED_MS)
  expect(await look()).toEqual({ 'a.json': 'A', gone: ['b.json'], unread: [] })
  expect(await look()).toEqual(nothing)
})

test('sees a file that is written anew with the same length and the time of before', async () => {
  const directory = folder()
  const look = looker(directory)
  const file = join(directory, 'a.json')
  writeFileSync(file, 'one')
  utimesSync(file, 1, 1)
  await sleep(SETTLED_MS)
  await look()
  writeFileSync(file, 'two')
  utimesSync(file, 1, 1)
  await sleep(SETTLED_MS)
  expect(await look()).toEqual({ ...nothing, 'a.json': 'two' })
})

test('misses none of many writes of the same length, however quick they are', async () => {
  const directory = folder()
  const look = looker(directory)
  const file = join(directory, 'a.json')
  let last: unknown
  for (let round = 0; round < 2000; round++) {
    const text = String(round).padStart(6, '0')
    if (round % 2 === 0) writeFileSync(file, text)
    else {
      writeFileSync(`${file}.new`, text)
      renameSync(`${file}.new`, file)
    }
    last = (await look())['a.json'] ?? last
    expect(last).toBe(text)
  }
  expect(readFileSync(file, 'utf8')).toBe(last)
})

test('what is no file, or too large, is not read; a link is its file', async () => {
  const directory = folder()
  const look = looker(directory)
  mkdirSync(join(directory, 'sub.json'))
  writeFileSync(join(directory, 'large.json'), Buffer.alloc(64 * 1024 + 1))
  writeFileSync(join(directory, 'file'), 'x')
  symlinkSync('file', join(directory, 'link.json'))
  symlinkSync('none', join(directory, 'nowhere.json'))
  await sleep(SETTLED_MS)
  expect(await look()).toEqual({ 'link.json': 'x', gone: [], unread: ['large.json', 'sub.json'] })
  writeFileSync(join(directory, 'file'), 'y')
  expect(await look()).toEqual({ 'link.json': 'y', gone: [], unread: ['large.json', 'sub.json'] })
})

test('a folder that is not there has none; what is not its own state is refused', async () => {
  const directory = folder()
  expect(await looker(join(directory, 'none'))()).toEqual(nothing)
  await expect(addon.readChanged(directory, '.json', Buffer.from('x'))).rejects.toMatchObject({ errno: -22, path: directory })
})
