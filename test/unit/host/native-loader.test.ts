import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { createHost } from '../../../lib/host/create-host.js'
import { findHelper, loadFrom, requireLinux } from '../../../lib/host/native-loader.js'
import { temporaryDirectory } from './temporary-directory.js'

describe('an addon that is not there', () => {
  test('says what was tried, what the machine is and what to do', async () => {
    const root = await temporaryDirectory()
    expect(() => loadFrom(root)).toThrow(
      expect.objectContaining({
        code: 'ERR_NATIVE_UNAVAILABLE',
        message: expect.stringMatching(
          /build\/Release[^]*prebuilds[^]*Machine: linux-\w+, (glibc|musl), Node.js v\d+[^]*ABI \d+[^]*npm rebuild/,
        ) as string,
        details: expect.objectContaining({ platform: 'linux', arch: process.arch, abi: process.versions.modules }) as object,
      }),
    )
  })
  test('or that is something else is refused with the reason', async () => {
    const root = await temporaryDirectory()
    await mkdir(join(root, 'build/Release'), { recursive: true })
    await writeFile(join(root, 'build/Release/brickwork.node'), 'not an object file')
    expect(() => loadFrom(root)).toThrow(
      expect.objectContaining({ code: 'ERR_NATIVE_UNAVAILABLE', message: expect.stringContaining('brickwork.node') as string }),
    )
  })
})

describe('the helper', () => {
  test('is found where it was built or shipped, if it can be run', async () => {
    const root = await temporaryDirectory()
    expect(() => findHelper(root)).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_UNAVAILABLE' }))
    const shipped = join(root, 'prebuilds', `${process.platform}-${process.arch}`)
    await mkdir(shipped, { recursive: true })
    const program = join(shipped, 'brickwork-helper')
    await writeFile(program, '')
    expect(() => findHelper(root)).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_UNAVAILABLE' }))
    await chmod(program, 0o755)
    expect(findHelper(root)).toBe(program)
  })
})

test('another system is said to be another system', () => {
  expect(() => requireLinux('darwin')).toThrow(expect.objectContaining({ code: 'ERR_UNSUPPORTED_PLATFORM' }))
  expect(() => requireLinux('linux')).not.toThrow()
})

test('a host is made without touching anything', async () => {
  const host = createHost({ root: '/brickwork/no/such/root', namespaces: { pid: 1 } })
  expect(await host.files.read('/etc/hostname')).toBeUndefined()
  expect(host.files.durableWrites).toBe(0)
  await expect(host.commands.run(['true'], { signal: new AbortController().signal, onAbort: 'kill' })).rejects.toMatchObject({
    code: 'ERR_PERMISSION',
  })
})
