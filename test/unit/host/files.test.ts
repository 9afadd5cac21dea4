import { link, mkdir, readdir, readFile, stat, symlink, writeFile, utimes } from 'node:fs/promises'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { listedSurely, RootedFiles } from '../../../lib/host/files.js'
import { loadAddon } from '../../../lib/host/native-loader.js'
import { createPaths } from '../../../lib/host/paths.js'
import { rootsBelow } from '../../../lib/host/roots.js'
import { temporaryDirectory } from './temporary-directory.js'

const own = new RootedFiles(createPaths(rootsBelow('/')), loadAddon)

describe('reading', () => {
  test('absence is a value: nothing there, and a file where a directory should be', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'file'), 'x')
    for (const path of [join(directory, 'none'), join(directory, 'file/below'), join(directory, 'none/below')]) {
      expect(await own.read(path)).toBeUndefined()
      expect(await own.readBytes(path)).toBeUndefined()
      expect(await own.list(path)).toEqual([])
      expect(await own.resolve(path)).toBeUndefined()
      expect(await own.readLink(path)).toBeUndefined()
      expect(await own.stat(path)).toBeUndefined()
      expect(await own.remove(path)).toBe(false)
    }
    expect(await own.readLink(join(directory, 'file'))).toBeUndefined()
  })
  test('text loses one newline, bytes lose nothing, names are sorted', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'b'), 'one\n\n')
    await writeFile(join(directory, 'a'), '')
    await writeFile(join(directory, 'B'), 'x')
    expect(await own.read(join(directory, 'b'))).toBe('one\n')
    expect(await own.read(join(directory, 'a'))).toBe('')
    expect(await own.readBytes(join(directory, 'b'))).toEqual(Buffer.from('one\n\n'))
    expect(await own.list(directory)).toEqual(['B', 'a', 'b'])
  })
  test('what is there but no file is an error that names it', async () => {
    const directory = await temporaryDirectory()
    const failure = { code: 'ERR_KERNEL', details: { errno: 'EISDIR', path: directory } }
    await expect(own.read(directory)).rejects.toMatchObject(failure)
    await expect(own.read('relative')).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
  })
  test('a FIFO in the place of a file keeps no thread', async () => {
    const directory = await temporaryDirectory()
    execFileSync('mkfifo', [join(directory, 'fifo')])
    expect(await own.read(join(directory, 'fifo'))).toBe('')
  })
  test('stat says what it is and does not follow a link', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'file'), 'x', { mode: 0o640 })
    await symlink('file', join(directory, 'link'))
    expect(await own.stat(join(directory, 'file'))).toMatchObject({ type: 'file', mode: 0o640, device: undefined })
    expect((await own.stat(join(directory, 'file')))?.modifiedMs).toBeCloseTo((await stat(join(directory, 'file'))).mtimeMs, -1)
    expect(await own.stat(join(directory, 'link'))).toMatchObject({ type: 'link' })
    expect(await own.stat(directory)).toMatchObject({ type: 'directory', mode: 0o700 })
    expect(await own.stat('/dev/null')).toMatchObject({ type: 'other', device: '1:3' })
    expect(await own.readLink(join(directory, 'link'))).toBe('file')
    expect(await own.resolve(join(directory, 'link'))).toBe(join(directory, 'file'))
  })
  test('stat says when a link to an old file was made', async () => {
    const directory = await temporaryDirectory()
    const [file, lock] = [join(directory, 'file'), join(directory, 'lock')]
    await writeFile(file, '')
    await utimes(file, 1000, 1000)
    const from = Date.now()
    await link(file, lock)
    const { modifiedMs, changedMs = 0 } = (await own.stat(lock)) ?? {}
    expect(modifiedMs).toBe(1_000_000)
    // The kernel's clock for files is a tick behind.
    expect(changedMs).toBeGreaterThan(from - 100)
  })
  test('procfs and sysfs', async () => {
    expect(await own.read('/proc/sys/kernel/ostype')).toBe('Linux')
    expect(await own.list('/proc/self/fd')).toContain('0')
    expect(await own.list('/sys/class')).toContain('net')
  })
})

describe('writing', () => {
  test('replace, append and link, each as a whole', async () => {
    const directory = await temporaryDirectory()
    const file = join(directory, 'file')
    await own.replace(file, 'one', 0o666)
    expect(await own.stat(file)).toMatchObject({ mode: 0o666 })
    await own.replace(file, 'two', 0o600)
    await own.append(file, '+', 0o600)
    await own.append(file, '+', 0o600)
    expect(await own.read(file)).toBe('two++')
    await own.link(join(directory, 'link'), 'a')
    await own.link(join(directory, 'link'), 'b')
    expect(await own.readLink(join(directory, 'link'))).toBe('b')
    expect(await own.remove(join(directory, 'link'))).toBe(true)
    expect(await readdir(directory)).toEqual(['file'])
  })
  test('replacing does not write through another name of the old file', async () => {
    const directory = await temporaryDirectory()
    await writeFile(join(directory, 'file'), 'old')
    await link(join(directory, 'file'), join(directory, 'other'))
    await own.replace(join(directory, 'file'), 'new', 0o600)
    expect(await readFile(join(directory, 'other'), 'utf8')).toBe('old')
  })
  test('directories: parents too, the mode for the last, nothing for those that exist', async () => {
    const directory = await temporaryDirectory()
    const deep = join(directory, 'a/b')
    await own.makeDirectory(deep, 0o700)
    await own.makeDirectory(deep, 0o711)
    expect(await own.stat(deep)).toMatchObject({ type: 'directory', mode: 0o700 })
    expect(await own.stat(join(directory, 'a'))).toMatchObject({ mode: 0o755 })
    await writeFile(join(directory, 'file'), '')
    await expect(own.makeDirectory(join(directory, 'file'), 0o700)).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'ENOTDIR' },
    })
    await expect(own.makeDirectory(join(directory, 'file/below/it'), 0o700)).rejects.toMatchObject({
      details: { errno: 'ENOTDIR', path: join(directory, 'file/below/it') },
      message: expect.stringContaining(`${join(directory, 'file')} is a file: remove it`) as string,
    })
  })
  test('a failure leaves no temporary file', async () => {
    const directory = await temporaryDirectory()
    await mkdir(join(directory, 'taken'))
    await expect(own.replace(join(directory, 'taken'), 'x', 0o600)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
    await expect(own.link(join(directory, 'taken'), 'x')).rejects.toMatchObject({ code: 'ERR_KERNEL' })
    await expect(own.commit([{ path: join(directory, 'taken'), text: 'x', mode: 0o600 }])).rejects.toMatchObject({ code: 'ERR_KERNEL' })
    expect(await readdir(directory)).toEqual(['taken'])
  })
})

describe('a directory that changes while it is listed', () => {
  const listings = (...answers: readonly string[][]) => {
    let asked = 0
    return { list: () => Promise.resolve(answers[asked++] ?? answers.at(-1) ?? []), asked: () => asked }
  }
  test('is listed again until two listings agree', async () => {
    const { list, asked } = listings(['a', 'gone'], ['a', 'b'], ['a', 'b'])
    expect(await listedSurely(list)).toEqual(['a', 'b'])
    expect(asked()).toBe(3)
  })
  test('and when none agree, what was seen in any of them counts', async () => {
    const { list, asked } = listings(['a', '1'], ['b', '2'], ['a', '3'], ['a', 'b', '4'], ['b', '5'], ['never'])
    expect(await listedSurely(list)).toEqual(['1', '2', '3', '4', '5', 'a', 'b'])
    expect(asked()).toBe(5)
  })
})

describe('below another root', () => {
  const rooted = async () => {
    const outer = await temporaryDirectory()
    const root = join(outer, 'host')
    await mkdir(join(root, 'sys/devices/platform/host4'), { recursive: true })
    await mkdir(join(root, 'sys/class/scsi_host'), { recursive: true })
    await mkdir(join(root, 'etc'), { recursive: true })
    await mkdir(join(root, 'run/brickwork'), { recursive: true })
    await writeFile(join(root, 'sys/devices/platform/host4/proc_name'), 'iscsi_tcp\n')
    await symlink('../../devices/platform/host4', join(root, 'sys/class/scsi_host/host4'))
    await writeFile(join(outer, 'secret'), 'outside')
    return { outer, root, files: new RootedFiles(createPaths(rootsBelow(`${root}/`)), loadAddon) }
  }

  test('host paths go in and come out', async () => {
    const { files } = await rooted()
    expect(await files.read('/sys/class/scsi_host/host4/proc_name')).toBe('iscsi_tcp')
    expect(await files.resolve('/sys/class/scsi_host/host4')).toBe('/sys/devices/platform/host4')
    expect(await files.resolve('/')).toBe('/')
    expect(await files.list('/')).toEqual(['etc', 'run', 'sys'])
    expect(await files.resolve('/sys/class/scsi_host/host5')).toBeUndefined()
  })
  test('absolute links are links of the host', async () => {
    const { files, root } = await rooted()
    await symlink('/run', join(root, 'varrun'))
    await writeFile(join(root, 'run/pid'), '12')
    expect(await files.read('/varrun/pid')).toBe('12')
    expect(await files.resolve('/varrun/pid')).toBe('/run/pid')
    expect(await files.readLink('/varrun')).toBe('/run')
  })
  test.each([
    ['upwards from the root', '/../secret', undefined],
    ['by an absolute link', '/etc/absolute', 'absolute'],
    ['by a link with many ..', '/etc/relative', 'relative'],
    ['by a link to a directory with ..', '/etc/up/secret', 'up'],
    ['by .. behind a link', '/etc/inner/../../../secret', 'inner'],
  ])('nothing leaves the root: %s', async (_, path, name) => {
    const { files, root, outer } = await rooted()
    const targets = { absolute: join(outer, 'secret'), relative: '../../../../../../../../secret', up: '../..', inner: '../sys/class' }
    for (const [link, target] of Object.entries(targets)) await symlink(target, join(root, 'etc', link))
    expect(name === undefined || (await files.readLink(`/etc/${name}`)) !== undefined).toBe(true)
    expect(await files.read(path)).toBeUndefined()
    expect(await files.resolve(path)).toBeUndefined()
    await writeFile(join(root, 'secret'), 'inside')
    if (name !== 'absolute') expect(await files.read(path)).toBe('inside')
  })
  test('writes do not leave it either', async () => {
    const { files, root, outer } = await rooted()
    await symlink(outer, join(root, 'etc/out'))
    await expect(files.replace('/etc/out/new', 'x', 0o600)).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { path: '/etc/out/new' } })
    await files.makeDirectory('/etc/out/made', 0o700)
    await files.commit([{ path: '/etc/out/made/file', text: 'x', mode: 0o600 }])
    expect(await readdir(outer)).toEqual(['host', 'secret'])
    expect(await readFile(join(root, outer, 'made/file'), 'utf8')).toBe('x')
  })
  test('links that lead in circles are an error', async () => {
    const { files, root } = await rooted()
    await symlink('b', join(root, 'etc/a'))
    await symlink('a', join(root, 'etc/b'))
    await expect(files.read('/etc/a')).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'ELOOP' } })
    await expect(own.read(join(root, 'etc/a'))).rejects.toMatchObject({ code: 'ERR_KERNEL', details: { errno: 'ELOOP' } })
  })
  test('each root is a value of its own', async () => {
    const { root } = await rooted()
    const files = new RootedFiles(createPaths({ ...rootsBelow('/'), sys: join(root, 'sys') }), loadAddon)
    expect(await files.read('/sys/class/scsi_host/host4/proc_name')).toBe('iscsi_tcp')
    expect(await files.read('/proc/sys/kernel/ostype')).toBe('Linux')
  })
})
