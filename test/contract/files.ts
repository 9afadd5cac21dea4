import { describe, expect, test } from 'vitest'

import { type MakeSubject, using } from './subject.js'

export function describeFiles(name: string, make: MakeSubject): void {
  describe(`Files of ${name}`, () => {
    test(
      'a file is read without its last newline, and as it is',
      using(make, async ({ host: { files }, directory }) => {
        await files.replace(`${directory}/a`, 'one\ntwo\n\n', 0o644)
        expect(await files.read(`${directory}/a`)).toBe('one\ntwo\n')
        expect(new TextDecoder().decode(await files.readBytes(`${directory}/a`))).toBe('one\ntwo\n\n')
      }),
    )
    test(
      'absence is an answer',
      using(make, async ({ host: { files }, directory }) => {
        await files.replace(`${directory}/file`, 'x', 0o644)
        for (const path of [`${directory}/none`, `${directory}/no/where`, `${directory}/file/below`]) {
          expect(await files.read(path)).toBeUndefined()
          expect(await files.readBytes(path)).toBeUndefined()
          expect(await files.list(path)).toEqual([])
          expect(await files.resolve(path)).toBeUndefined()
          expect(await files.readLink(path)).toBeUndefined()
          expect(await files.stat(path)).toBeUndefined()
          expect(await files.remove(path)).toBe(false)
        }
      }),
    )
    test(
      'a relative path is refused',
      using(make, async ({ host: { files } }) => {
        const refused = { code: 'ERR_INVALID_ARGUMENT' }
        for (const call of [files.read('a'), files.list('a'), files.stat('./a'), files.resolve(''), files.replace('a', '', 0o600)]) {
          await expect(call).rejects.toMatchObject(refused)
        }
      }),
    )
    test(
      'reading a directory is an error',
      using(make, async ({ host: { files }, directory }) => {
        await expect(files.read(directory)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'EISDIR' } })
        await expect(files.remove(directory)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'EISDIR' } })
      }),
    )
    test(
      'names come sorted; a file has none',
      using(make, async ({ host: { files }, directory }) => {
        for (const file of ['b', 'a10', 'a9', 'B']) await files.replace(`${directory}/${file}`, '', 0o644)
        expect(await files.list(directory)).toEqual(['B', 'a10', 'a9', 'b'])
        expect(await files.list(`${directory}/b`)).toEqual([])
      }),
    )
    test(
      'links are made, replaced, read and followed',
      using(make, async ({ host: { files }, directory }) => {
        await files.makeDirectory(`${directory}/here/below`, 0o755)
        await files.replace(`${directory}/here/file`, 'text', 0o644)
        await files.link(`${directory}/link`, 'nowhere')
        expect(await files.resolve(`${directory}/link`)).toBeUndefined()
        await files.link(`${directory}/link`, 'here/below')
        expect(await files.readLink(`${directory}/link`)).toBe('here/below')
        expect(await files.resolve(`${directory}/link`)).toBe(`${directory}/here/below`)
        expect(await files.read(`${directory}/link/../file`)).toBe('text')
        expect(await files.readLink(`${directory}/here/file`)).toBeUndefined()
        await files.link(`${directory}/round`, 'round')
        await expect(files.read(`${directory}/round`)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'ELOOP' } })
        expect(await files.remove(`${directory}/link`)).toBe(true)
        expect(await files.list(`${directory}/here`)).toEqual(['below', 'file'])
      }),
    )
    test(
      'stat tells the type, the mode and the time, and does not follow a last link',
      using(make, async ({ host: { files, clock }, directory }) => {
        const before = clock.wallMs()
        await files.replace(`${directory}/file`, 'x', 0o640)
        await files.link(`${directory}/link`, 'file')
        await files.makeDirectory(`${directory}/sub`, 0o700)
        expect(await files.stat(`${directory}/file`)).toMatchObject({ type: 'file', mode: 0o640, device: undefined })
        expect(await files.stat(`${directory}/link`)).toMatchObject({ type: 'link' })
        expect(await files.stat(`${directory}/sub`)).toMatchObject({ type: 'directory', mode: 0o700 })
        const modified = (await files.stat(`${directory}/file`))?.modifiedMs ?? 0
        expect(Math.abs(modified - before)).toBeLessThan(5000)
      }),
    )
    test(
      'a directory is made with its parents, once',
      using(make, async ({ host: { files }, directory }) => {
        await files.makeDirectory(`${directory}/a/b/c`, 0o700)
        await files.makeDirectory(`${directory}/a/b/c`, 0o755)
        expect(await files.stat(`${directory}/a/b/c`)).toMatchObject({ type: 'directory', mode: 0o700 })
        await files.replace(`${directory}/file`, '', 0o644)
        for (const below of ['file', 'file/below', 'file/below/it'])
          await expect(files.makeDirectory(`${directory}/${below}`, 0o755)).rejects.toMatchObject({ details: { errno: 'ENOTDIR' } })
      }),
    )
    test(
      'a commit replaces and removes, and leaves nothing else',
      using(make, async ({ host: { files }, directory }) => {
        await files.replace(`${directory}/old`, 'old', 0o644)
        await files.link(`${directory}/link`, 'old')
        await files.commit([
          { path: `${directory}/new`, text: 'new\n', mode: 0o600 },
          { path: `${directory}/link`, text: 'no link', mode: 0o600 },
          { path: `${directory}/none`, text: undefined, mode: 0 },
        ])
        await files.commit([{ path: `${directory}/old`, text: undefined, mode: 0 }])
        expect(await files.list(directory)).toEqual(['link', 'new'])
        expect(await files.read(`${directory}/new`)).toBe('new')
        expect(await files.stat(`${directory}/link`)).toMatchObject({ type: 'file', mode: 0o600 })
      }),
    )
    test(
      'a commit that cannot be done changes nothing, and takes no other with it',
      using(make, async ({ host: { files }, directory }) => {
        const bad = files.commit([
          { path: `${directory}/one`, text: '1', mode: 0o600 },
          { path: `${directory}/no/where`, text: '2', mode: 0o600 },
        ])
        const good = files.commit([{ path: `${directory}/good`, text: '3', mode: 0o600 }])
        await expect(bad).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'ENOENT' } })
        await good
        expect(await files.list(directory)).toEqual(['good'])
      }),
    )
    test(
      'text is appended; a file that is missing is made',
      using(make, async ({ host: { files }, directory }) => {
        await files.append(`${directory}/log`, 'one\n', 0o640)
        await files.append(`${directory}/log`, 'two\n', 0o600)
        expect(await files.read(`${directory}/log`)).toBe('one\ntwo')
        await files.link(`${directory}/link`, 'log')
        await expect(files.append(`${directory}/link`, 'x', 0o600)).rejects.toMatchObject({ details: { errno: 'ELOOP' } })
        await expect(files.append(`${directory}/no/where`, 'x', 0o600)).rejects.toMatchObject({ details: { errno: 'ENOENT' } })
        await expect(files.replace(`${directory}/no/where`, 'x', 0o600)).rejects.toMatchObject({ details: { errno: 'ENOENT' } })
      }),
    )
  })
}
