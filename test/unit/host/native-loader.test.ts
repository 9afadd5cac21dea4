import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, test, vi } from 'vitest'

import { VERSION } from '../../../lib/core/version.js'
import { createHost } from '../../../lib/host/create-host.js'
import { findHelper, loadAddon, loadFrom, requireLinux } from '../../../lib/host/native-loader.js'
import { addonsBelow, helperBeside, libcOf, machineName, nativePlaces, shippedName } from '../../../lib/host/native-places.js'
import { temporaryDirectory } from './temporary-directory.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const placesBelow = (...folders: string[]) => ({
  addons: folders.map((folder) => join(folder, 'brickwork.node')),
  script: '/package/scripts/build.mjs',
})
/** What an addon of another build would export, as a module that `require` loads. */
const asAddon = (exported: object) => `module.exports = ${JSON.stringify(exported)}`

describe('an addon that is not there', () => {
  test('says what was tried, what the machine is and what to do', async () => {
    const root = await temporaryDirectory()
    expect(() => loadFrom(placesBelow(join(root, 'build/Release'), join(root, 'prebuilds/linux-x64')))).toThrow(
      expect.objectContaining({
        code: 'ERR_NATIVE_UNAVAILABLE',
        message: expect.stringMatching(
          /build\/Release[^]*prebuilds\/linux-x64[^]*Machine: linux-\w+, (glibc|musl), Node.js v\d+[^]*ABI \d+[^]*node \/package\/scripts\/build.mjs/,
        ) as string,
        details: expect.objectContaining({ platform: 'linux', arch: process.arch, abi: process.versions.modules }) as object,
      }),
    )
  })
  test('or that is something else is refused with the reason', async () => {
    const root = await temporaryDirectory()
    await writeFile(join(root, 'brickwork.node'), 'not an object file')
    expect(() => loadFrom(placesBelow(root))).toThrow(
      expect.objectContaining({
        code: 'ERR_NATIVE_UNAVAILABLE',
        message: expect.stringContaining('brickwork.node') as string,
        cause: expect.any(Error) as Error,
      }),
    )
  })
  test('says to a bundle what to leave out of it, and how to name the folder', () => {
    const said = expect.stringMatching(/--external:brickwork-storage[^]*nativeDir[^]*BRICKWORK_NATIVE_DIR/) as string
    expect(() => loadFrom({ addons: [], script: undefined })).toThrow(expect.objectContaining({ message: said }))
  })
})

describe('an addon of another version', () => {
  test.each([
    [{ buildInfo: { version: '0.0.9' } }, `is of version 0.0.9, and this library is ${VERSION}`],
    [{}, `is of version none, and this library is ${VERSION}`],
    [{ buildInfo: { version: VERSION } }, 'the addon lacks readTree'],
  ])('%j is refused: %s', async (exported, reason) => {
    const folder = await temporaryDirectory()
    await mkdir(join(folder, 'brickwork.node'))
    await writeFile(join(folder, 'brickwork.node/index.js'), asAddon(exported))
    expect(() => loadFrom(placesBelow(folder))).toThrow(expect.objectContaining({ message: expect.stringContaining(reason) as string }))
  })
  test('gives way to one that fits', async () => {
    const folder = await temporaryDirectory()
    await writeFile(join(folder, 'brickwork.node'), 'not an object file')
    expect(loadFrom(placesBelow(folder, join(ROOT, 'build/Release')))).toBe(loadAddon(join(ROOT, 'build/Release')))
  })
})

describe('the helper', () => {
  test.each([
    ['/a/build/Release/brickwork.node', '/a/build/Release/brickwork-helper'],
    ['/a/prebuilds/linux-x64/brickwork-storage.glibc.node', '/a/prebuilds/linux-x64/brickwork-helper.glibc'],
    ['/a/prebuilds/linux-arm64/brickwork-storage.musl.node', '/a/prebuilds/linux-arm64/brickwork-helper.musl'],
  ])('beside %s is %s', (addon, helper) => {
    expect(helperBeside(addon)).toBe(helper)
  })
  test('is found where it was built or shipped, if it can be run', async () => {
    const shipped = await temporaryDirectory()
    const places = placesBelow('/none', shipped)
    expect(() => findHelper(places)).toThrow(expect.objectContaining({ code: 'ERR_NATIVE_UNAVAILABLE' }))
    const program = join(shipped, 'brickwork-helper')
    await writeFile(program, '')
    expect(() => findHelper(places)).toThrow(
      expect.objectContaining({
        code: 'ERR_NATIVE_UNAVAILABLE',
        message: expect.stringContaining(`${program} is not executable`) as string,
      }),
    )
    await chmod(program, 0o755)
    expect(findHelper(places)).toBe(program)
  })
})

describe('the addon of an installed package', () => {
  const shipped = (libc: string) => `prebuilds/${machineName()}/brickwork-storage.${libc}.node`
  test.each([
    { has: ['build/Release/brickwork.node', shipped('glibc'), shipped('musl')], libc: 'glibc', chosen: 'build/Release/brickwork.node' },
    { has: [shipped('glibc'), shipped('musl')], libc: 'glibc', chosen: shipped('glibc') },
    // node-gyp-build takes this machine for glibc.
    { has: [shipped('glibc'), shipped('musl')], libc: 'musl', chosen: shipped('musl') },
    // Places that only node-gyp-build knows.
    { has: ['build/Debug/brickwork.node'], libc: 'glibc', chosen: 'build/Debug/brickwork.node' },
    {
      has: [`prebuilds/${machineName()}+ia32/brickwork-storage.node`],
      libc: 'musl',
      chosen: `prebuilds/${machineName()}+ia32/brickwork-storage.node`,
    },
  ] as const)('for $libc, of $has, is $chosen', async ({ has, libc, chosen }) => {
    const root = await temporaryDirectory()
    await mkdir(join(root, 'node_modules'))
    await symlink(join(ROOT, 'node_modules/node-gyp-build'), join(root, 'node_modules/node-gyp-build'))
    for (const file of has) {
      await mkdir(dirname(join(root, file)), { recursive: true })
      await writeFile(join(root, file), '')
    }
    const present = addonsBelow(root, libc)
      .map((file) => relative(root, file))
      .filter((file) => has.some((each) => each === file))
    expect(present[0]).toBe(chosen)
  })
})

describe('the folder of the native part', () => {
  test('is that of the package: what was compiled here, then the prebuild', () => {
    const addons = [join(ROOT, 'build/Release/brickwork.node'), join(ROOT, 'prebuilds', machineName(), shippedName())]
    expect(nativePlaces()).toEqual({ addons, script: join(ROOT, 'scripts/build.mjs') })
  })
  test('may be named: then no other counts', () => {
    const files = ['brickwork.node', shippedName(), `${machineName()}/${shippedName()}`]
    const named = { addons: files.map((file) => `/opt/native/${file}`), script: undefined }
    expect(nativePlaces('/opt/native')).toEqual(named)
    vi.stubEnv('BRICKWORK_NATIVE_DIR', '/opt/native')
    expect([nativePlaces(), nativePlaces('/else').addons[0]]).toEqual([named, '/else/brickwork.node'])
    vi.stubEnv('BRICKWORK_NATIVE_DIR', '')
    expect(nativePlaces().script).toBeDefined()
    vi.unstubAllEnvs()
  })
  test('counts for every call of the host', async () => {
    const host = createHost({ nativeDir: '/brickwork/none' })
    const unavailable = { code: 'ERR_NATIVE_UNAVAILABLE', message: expect.stringContaining('/brickwork/none/') as string }
    await expect(host.events.listen(() => undefined)).rejects.toMatchObject(unavailable)
    await expect(host.locks.take('/tmp', 'x', new AbortController().signal)).rejects.toMatchObject(unavailable)
  })
})

describe('the C library', () => {
  test.each([
    ['/lib64/ld-linux-x86-64.so.2', 'glibc'],
    ['/lib/ld-musl-x86_64.so.1', 'musl'],
    ['/lib/ld-musl-aarch64.so.1', 'musl'],
  ])('of a program with the interpreter %s is %s', async (interpreter, libc) => {
    const program = join(await temporaryDirectory(), 'program')
    await writeFile(
      program,
      Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(600), Buffer.from(`${interpreter}\0`), Buffer.alloc(20_000)]),
    )
    expect(libcOf(program)).toBe(libc)
  })
  test('of a program that cannot be read is taken for glibc', () => {
    expect(libcOf('/none')).toBe('glibc')
  })
})

test('the version of the library is that of the package', async () => {
  const { version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string }
  expect(VERSION).toBe(version)
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
