import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { pack, type Packed } from './pack.js'
import { must, node, ROOT, run } from './run.js'

const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
const tool = (name: string, ...args: string[]) => run(ROOT, join(ROOT, 'node_modules/.bin', name), ...args)

let packed: Packed
beforeAll(async () => {
  packed = await pack()
}, 180_000)
afterAll(async () => {
  await packed.remove()
})

describe('the tarball', () => {
  test('holds the library, what the native part is built from, and documents: no tests, no sources of the library, no maps', () => {
    const kinds = [
      /^dist\/lib\/.*\.(js|d\.ts)$/,
      /^dist\/lib\/chunks\/zod\.cjs$/,
      /^dist\/schemas\/([\w-]+\.json|index\.js|index\.d\.ts)$/,
      /^man\/brickwork(-[\w-]+)?\.1$/,
      /^native\/(core|glue|helper)\/\w+\.(cc|h)$/,
      /^native\/(binding\.gyp|brickwork\.gypi|(addon|core|glue)\.cc|addon\.map)$/,
      /^prebuilds\/linux-(x64|arm64)\/(brickwork-storage\.(glibc|musl)\.node|brickwork-helper\.(glibc|musl))$/,
      /^docs\/(?!adding-a-transport)[\w-]+\.md$/,
      /^(package\.json|scripts\/build\.mjs|(README|CHANGELOG|SECURITY)\.md|LICENSE)$/,
    ]
    expect(packed.files.filter((file) => !kinds.some((kind) => kind.test(file)))).toEqual([])
    for (const needed of [
      'dist/lib/index.js',
      'dist/lib/index.d.ts',
      'dist/lib/testing/index.js',
      'dist/lib/testing/index.d.ts',
      'dist/lib/cli/main.js',
      'dist/schemas/request.json',
      'man/brickwork.1',
      'man/brickwork-attach.1',
      'native/addon.cc',
      'native/core.cc',
      'native/glue.cc',
      'native/binding.gyp',
      'native/brickwork.gypi',
      'scripts/build.mjs',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'SECURITY.md',
      'docs/errors.md',
    ])
      expect(packed.files).toContain(needed)
  })

  test('refers to no file that it lacks: no source maps, and no links of its documents', () => {
    const folder = join(packed.project, 'node_modules/brickwork-storage')
    const complaints = packed.files.flatMap((file) => {
      if (!/\.(js|ts|md)$/.test(file)) return []
      const text = readFileSync(join(folder, file), 'utf8')
      const maps = [...text.matchAll(/^\/\/# sourceMappingURL=.*/gm)].map(([line]) => `${file}: ${line}`)
      if (!file.endsWith('.md')) return maps
      const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)
      const dead = links.filter((link) => !/^https?:/.test(link) && !existsSync(join(folder, dirname(file), link)))
      return dead.map((link) => `${file}: ${link}`)
    })
    expect(complaints).toEqual([])
  })

  test('says what it is to a search, and names no address that the project does not have', async () => {
    const { keywords, ...shown } = JSON.parse(await must(packed.project, 'tar', '-xOzf', packed.tarball, 'package/package.json')) as {
      readonly keywords: readonly string[]
    }
    expect(keywords).toEqual(expect.arrayContaining(['iscsi', 'multipath', 'csi']))
    expect(Object.keys(shown).filter((key) => ['repository', 'homepage', 'bugs'].includes(key))).toEqual([])
  })

  test('runs nothing when it is installed: no script, and no binding.gyp beside its manifest', async () => {
    const packedManifest = await must(packed.project, 'tar', '-xOzf', packed.tarball, 'package/package.json')
    const { scripts } = JSON.parse(packedManifest) as { readonly scripts: Readonly<Record<string, string>> }
    expect(Object.keys(scripts).filter((name) => /^(pre|post)?install$/.test(name))).toEqual([])
    expect(packed.files).not.toContain('binding.gyp')
  })

  test('is what publint expects', async () => {
    const { code, out, err } = await tool('publint', 'run', packed.tarball, '--strict')
    expect({ code, said: code === 0 ? '' : out + err }).toEqual({ code: 0, said: '' })
  })

  test('has types that every way of resolving an ES module finds', async () => {
    const { code, out, err } = await tool('attw', packed.tarball, '--profile', 'esm-only', '--no-emoji')
    expect({ code, said: code === 0 ? '' : out + err }).toEqual({ code: 0, said: '' })
  })
})

describe('an installed copy', () => {
  const names = {
    'brickwork-storage': [
      'BrickworkError',
      'Secret',
      'createAttacher',
      'createHost',
      'doctor',
      'enumerate',
      'errorCodes',
      'errorTable',
      'fromCinder',
      'identity',
      'isBrickworkError',
      'policyFromCinder',
      'supportBundle',
      'toCinderConnector',
      'toCinderDeviceInfo',
      'toGrpcStatus',
      'uevents',
    ],
    'brickwork-storage/schemas': ['schemas'],
    'brickwork-storage/testing': ['FakeClock', 'FakeHost', 'result'],
  }
  test.each(Object.entries(names))('%s exports these names, by import and by require, and nothing else', async (specifier, expected) => {
    const say = 'console.log(JSON.stringify(Object.keys(all).sort()))'
    for (const [type, script] of [
      ['module', `import * as all from '${specifier}'; ${say}`],
      ['commonjs', `const all = require('${specifier}'); ${say}`],
    ] as const) {
      const { code, out, err } = await node(packed.project, script, type)
      expect({ code, err, names: JSON.parse(out || 'null') as unknown }).toEqual({ code: 0, err: '', names: expected })
    }
  })

  test('its files are not to be had by their paths', async () => {
    const { code, err } = await node(packed.project, "await import('brickwork-storage/dist/lib/attach/journal.js')")
    expect(code).toBe(1)
    expect(err).toContain('ERR_PACKAGE_PATH_NOT_EXPORTED')
  })

  test('attaches on a FakeHost', async () => {
    const { code, out, err } = await node(
      packed.project,
      `import { createAttacher } from 'brickwork-storage'
       import { FakeHost } from 'brickwork-storage/testing'
       const host = new FakeHost()
       host.storage.volume('v')
       host.storage.iscsi.target({ iqn: 'iqn.2024-01.org.example:v', portals: ['10.0.0.1:3260'], luns: { 1: 'v' } })
       const attacher = await createAttacher({ host })
       const connection = { protocol: 'iscsi', targets: [{ portal: '10.0.0.1:3260', iqn: 'iqn.2024-01.org.example:v', lun: 1 }] }
       console.log((await attacher.attach({ id: 'v', connection })).device, (await attacher.detach('v')).outcome)
       await attacher.close()`,
    )
    expect({ code, out, err }).toEqual({ code: 0, out: '/dev/sda released\n', err: '' })
  })
})

describe('the command of an installed copy', () => {
  const brickwork = (...args: string[]) => run(packed.project, join(packed.project, 'node_modules/.bin/brickwork'), ...args)

  test('says the version of the package', async () => {
    expect(await brickwork('--version')).toEqual({ code: 0, out: `${manifest.version}\n`, err: '' })
  })
  test('says what is wrong with a command line, and exits 2', async () => {
    expect(await brickwork('frobnicate', '--json')).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringContaining('frobnicate') as string,
    })
  })
  test('reads standard input, and looks without changing anything but its own directories', async () => {
    const places = ['--state-dir', join(packed.project, 'state'), '--run-dir', join(packed.project, 'run')]
    expect(await brickwork('list', ...places)).toEqual({ code: 0, out: 'Nothing is attached.\n', err: '' })
    const absent = await withInput(['attach', '-', '--id', 'v', '--json', ...places], '{"protocol":"local","path":"/dev/there-is-none"}')
    expect(absent).toMatchObject({ code: 1, out: '' })
  })
  test('a signal ends its wait for input', async () => {
    const stopped = await withInput(['attach', '-', '--id', 'v', '--json'], undefined, 'SIGTERM')
    expect(stopped.code).toBe(1)
    expect(JSON.parse(stopped.err)).toMatchObject({ error: { code: 'ERR_ABORTED', sideEffects: 'none' } })
  })

  /** Without `input` the standard input stays open. The signal is sent when the command reads its input. */
  function withInput(
    args: string[],
    input: string | undefined,
    signal?: NodeJS.Signals,
  ): Promise<{ code: number | null; out: string; err: string }> {
    return new Promise((answer) => {
      const child = spawn(join(packed.project, 'node_modules/.bin/brickwork'), args, { stdio: 'pipe' })
      let [out, err] = ['', '']
      child.stdout.on('data', (data) => (out += String(data)))
      child.stderr.on('data', (data) => (err += String(data)))
      child.on('close', (code) => answer({ code, out, err }))
      child.stdin.on('error', () => undefined) // the command may have ended
      if (input !== undefined) child.stdin.end(input)
      // More than a pipe holds: when this write completes, the command has begun to read.
      if (signal !== undefined) child.stdin.write(' '.repeat(1 << 20), () => child.kill(signal))
    })
  }
})

describe('where it can not attach volumes', () => {
  const caught = `.catch((error) => console.log(JSON.stringify({ code: error.code, message: error.message })))`

  test('on another system it can be imported, and createAttacher says what it needs', async () => {
    const { code, out, err } = await node(
      packed.project,
      `Object.defineProperty(process, 'platform', { value: 'darwin' })
       const { createAttacher, createHost } = await import('brickwork-storage')
       await import('brickwork-storage/testing')
       // No /proc there.
       await createAttacher({ host: createHost({ root: '${packed.project}' }), stateDir: '/state', runDir: '/run' })${caught}`,
    )
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(JSON.parse(out)).toMatchObject({ code: 'ERR_UNSUPPORTED_PLATFORM', message: expect.stringContaining('Linux') as string })
  })
})
