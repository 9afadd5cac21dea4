import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { addon, folder } from './addon.js'

const modeOf = (path: string) => statSync(path).mode & 0o7777

test('puts a file in the place of another, with exactly this mode, and leaves nothing else', async () => {
  const directory = folder()
  const file = join(directory, 'claim.json')
  const before = process.umask(0o077)
  try {
    await addon.replaceFile(file, join(directory, '.one'), Buffer.from('one'), 0o664)
  } finally {
    process.umask(before)
  }
  expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['one', 0o664])
  await addon.replaceFile(file, join(directory, '.two'), Buffer.alloc(0), 0o600)
  expect([readFileSync(file, 'utf8'), modeOf(file)]).toEqual(['', 0o600])
  expect(readdirSync(directory)).toEqual(['claim.json'])
})

test('a failure says which call, and leaves what was there', async () => {
  const directory = folder()
  const nowhere = join(directory, 'none/file')
  await expect(addon.replaceFile(join(directory, 'file'), nowhere, Buffer.from('x'), 0o600)).rejects.toMatchObject({
    syscall: 'openat',
    path: nowhere,
    errno: -2,
  })
  writeFileSync(join(directory, 'taken'), 'theirs')
  await expect(addon.replaceFile(join(directory, 'file'), join(directory, 'taken'), Buffer.from('x'), 0o600)).rejects.toMatchObject({
    errno: -17,
  })
  await expect(addon.replaceFile(nowhere, join(directory, 'own'), Buffer.from('x'), 0o600)).rejects.toMatchObject({
    syscall: 'rename',
    path: nowhere,
  })
  expect(readdirSync(directory)).toEqual(['taken'])
  expect(readFileSync(join(directory, 'taken'), 'utf8')).toBe('theirs')
})

test('a reader sees the old file or the new one, never a part', async () => {
  const directory = folder()
  const file = join(directory, 'claim.json')
  const texts = ['a', 'b'].map((letter) => letter.repeat(100_000))
  await addon.replaceFile(file, join(directory, '.first'), Buffer.from(texts[0] ?? ''), 0o600)
  const writes = Array.from({ length: 200 }, (_, index) =>
    addon.replaceFile(file, join(directory, `.${index}`), Buffer.from(texts[index % 2] ?? ''), 0o600),
  )
  let left = writes.length
  for (const write of writes) void write.then(() => left--)
  while (left > 0) {
    expect(texts.includes(readFileSync(file, 'utf8'))).toBe(true)
    await new Promise(setImmediate)
  }
  await Promise.all(writes)
  expect(readFileSync(file, 'utf8')).toBe(texts[1]) // calls for one path run one after another
})
