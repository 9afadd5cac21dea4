import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { RootedFiles } from '../../../lib/host/files.js'
import { loadAddon } from '../../../lib/host/native-loader.js'
import { createPaths } from '../../../lib/host/paths.js'
import { rootsBelow } from '../../../lib/host/roots.js'
import { temporaryDirectory } from './temporary-directory.js'

const newFiles = () => new RootedFiles(createPaths(rootsBelow('/')), loadAddon)
const put = (path: string, text: string | undefined) => ({ path, text, mode: 0o600 })

describe('a commit', () => {
  test('replaces and removes, and counts once', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    await writeFile(join(directory, 'old'), 'old')
    await files.commit([put(join(directory, 'a'), 'A'), put(join(directory, 'old'), undefined), put(join(directory, 'none'), undefined)])
    expect(await readdir(directory)).toEqual(['a'])
    expect(await files.stat(join(directory, 'a'))).toMatchObject({ mode: 0o600 })
    expect(files.durableWrites).toBe(1)
  })
  test('of which one file cannot be written replaces nothing and leaves nothing', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    await writeFile(join(directory, 'a'), 'before')
    const changes = [put(join(directory, 'a'), 'after'), put(join(directory, 'b'), 'B'), put(join(directory, 'none/c'), 'C')]
    await expect(files.commit(changes)).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'ENOENT', path: join(directory, 'none/c') },
    })
    expect(await readdir(directory)).toEqual(['a'])
    expect(await readFile(join(directory, 'a'), 'utf8')).toBe('before')
  })
  test('that fails in the middle of replacing leaves no temporary file', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    await mkdir(join(directory, 'b'))
    const changes = ['a', 'b', 'c'].map((name) => put(join(directory, name), name))
    await expect(files.commit(changes)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { path: join(directory, 'b') } })
    expect(await readdir(directory)).toEqual(['a', 'b'])
  })
  test('into a directory that is gone, of removals only, is done', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    await expect(files.commit([put(join(directory, 'none/a'), undefined)])).resolves.toBeUndefined()
  })
})

describe('commits at once', () => {
  test('share the next wait for the disk', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    const names = Array.from({ length: 50 }, (_, index) => `file-${index}`)
    await Promise.all(names.map((name) => files.commit([put(join(directory, name), name)])))
    expect((await readdir(directory)).length).toBe(50)
    expect(files.durableWrites).toBeLessThanOrEqual(2)
    await files.commit([put(join(directory, 'later'), 'x')])
    expect(files.durableWrites).toBeLessThanOrEqual(3)
  })
  test('fail one by one', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    const paths = ['a', 'none/b', 'c', 'd'].map((name) => join(directory, name))
    const outcomes = await Promise.allSettled(paths.map((path) => files.commit([put(path, 'x')])))
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect(await readdir(directory)).toEqual(['a', 'c', 'd'])
  })
  test('of one file end with the last', async () => {
    const [directory, files] = [await temporaryDirectory(), newFiles()]
    const path = join(directory, 'file')
    await Promise.all(Array.from({ length: 20 }, (_, index) => files.commit([put(path, `${index}`)])))
    expect(await readFile(path, 'utf8')).toBe('19')
  })
})
