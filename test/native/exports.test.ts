import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { expect, test } from 'vitest'

import type { Addon } from '../../lib/host/native.js'
import { addon, binary, nothing } from './addon.js'

/** Typed by the interface, so a missing or additional function does not compile. */
const kinds: Record<keyof Addon, 'function' | 'object'> = {
  buildInfo: 'object',
  readTree: 'function',
  readChanged: 'function',
  readFiles: 'function',
  runJob: 'function',
  guardedWrite: 'function',
  replaceFile: 'function',
  syncDirectory: 'function',
  sgCommand: 'function',
  tcpConnect: 'function',
  greet: 'function',
  exchange: 'function',
  lockOpen: 'function',
  lockTry: 'function',
  lockClose: 'function',
  readerGone: 'function',
  listen: 'function',
  unlisten: 'function',
  changeRecord: 'function',
  openers: 'function',
  deviceMapper: 'function',
  abandon: 'function',
  stats: 'function',
}

test('exports what the interface says, and nothing else', () => {
  const exported = Object.entries(addon).map(([name, value]) => [name, typeof value])
  expect(Object.fromEntries(exported)).toEqual(kinds)
})

test('tells what it was built from', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  expect(addon.buildInfo).toEqual({ version: manifest.version, napiVersion: 9, compiler: expect.stringMatching(/^g\+\+ \d+/) as string })
})

test('wrong arguments throw a TypeError at once', () => {
  const bytes = Buffer.from('x')
  const packed = { attributes: '', links: '', children: [] }
  const wrong: Record<string, () => unknown> = {
    'negative descriptor': () => addon.readerGone(-1),
    'relative root': () => addon.readTree('sys', nothing),
    'root with NUL': () => addon.readTree('/sys\0', nothing),
    'absolute attribute': () => addon.readTree('/sys', { ...nothing, attributes: ['/etc/passwd'] }),
    'absolute attribute in a text': () => addon.readTree('/sys', { ...packed, attributes: 'a\0/etc/passwd\0' }),
    'text that ends within a name': () => addon.readTree('/sys', { ...packed, attributes: 'a\0b' }),
    'empty name in a text': () => addon.readTree('/sys', { ...packed, attributes: 'a\0\0' }),
    'name of two names in a text': () =>
      addon.readTree('/sys', { ...packed, children: [{ pattern: '*', names: 'a\0a/b\0', follow: false, node: packed }] }),
    'name of two names': () =>
      addon.readTree('/sys', { ...nothing, children: [{ pattern: '*', names: ['a', 'a/b'], follow: false, node: nothing }] }),
    'pattern of two names': () => addon.readTree('/sys', { ...nothing, children: [{ pattern: 'a/b', follow: false, node: nothing }] }),
    'where of another kind': () =>
      addon.readTree('/sys', {
        ...nothing,
        children: [{ pattern: '*', follow: false, where: { attribute: '/x', among: [] }, node: nothing }],
      }),
    'among of no text': () =>
      addon.readTree('/sys', {
        ...nothing,
        children: [{ pattern: '*', follow: false, where: { attribute: 'x', among: [1] as never }, node: nothing }],
      }),
    'no plan': () => addon.readTree('/sys', undefined as never),
    'relative directory': () => addon.readChanged('run', '.json', bytes),
    'suffix with NUL': () => addon.readChanged('/run', '.json\0', bytes),
    'no state': () => addon.readChanged('/run', '.json', undefined as never),
    'relative file': () => addon.readFiles(['x'], false),
    'no list of files': () => addon.readFiles('/x' as never, false),
    'no list of steps': () => addon.runJob('x' as never),
    'a step of no kind': () => addon.runJob([{ do: 'x' } as never]),
    'a step without its path': () => addon.runJob([{ do: 'flock' } as never]),
    'a relative lock': () => addon.runJob([{ do: 'flock', path: 'x', note: undefined }]),
    'a check of a step before the first': () =>
      addon.runJob([
        { do: 'check', step: -1, expectation: { path: [], attribute: undefined, among: [], firstByte: bytes, absent: false } },
      ]),
    'a list without an end': () => addon.runJob(Array.from({ length: 257 }, () => ({ do: 'readFiles' as const, paths: [] }))),
    'absolute guard': () => addon.guardedWrite('k', '/sys', [{ attribute: '/x', equals: bytes }], 'a', bytes),
    'text for bytes': () => addon.guardedWrite('k', '/sys', [], 'a', 'text' as never),
    'relative temporary': () => addon.replaceFile('/tmp/x', 'x', bytes, 0o600),
    'a relative directory': () => addon.syncDirectory('tmp'),
    'mode of more': () => addon.replaceFile('/tmp/x', '/tmp/.x', bytes, 0o10000),
    'host name': () => addon.tcpConnect('localhost', 3260, 100, undefined),
    'port 0': () => addon.tcpConnect('127.0.0.1', 0, 100, undefined),
    'time NaN': () => addon.tcpConnect('127.0.0.1', 3260, NaN, undefined),
    'relative namespace': () => addon.tcpConnect('127.0.0.1', 3260, 100, 'net'),
    'a greeting of a host name': () => addon.greet('localhost', 4420, bytes, 1, 100, undefined),
    'a greeting without an answer': () => addon.greet('127.0.0.1', 4420, bytes, 0, 100, undefined),
    'a greeting of text': () => addon.greet('127.0.0.1', 4420, 'text' as never, 1, 100, undefined),
    'long socket name': () => addon.exchange('x'.repeat(108), bytes, 'eof', 100, undefined),
    'unknown end of reply': () => addon.exchange('x', bytes, 'line' as never, 100, undefined),
    'no command': () => addon.sgCommand('/dev/sg0', new Uint8Array(0), 96, 100),
    'endless command': () => addon.sgCommand('/dev/sg0', bytes, 96, 0),
    'length of a fraction': () => addon.sgCommand('/dev/sg0', bytes, 0.5, 100),
    'foreign descriptor': () => addon.lockTry(0),
    'closing a foreign descriptor': () => addon.lockClose(1),
    'no group': () => addon.listen(0, undefined, () => undefined),
    'no callback': () => addon.listen(1, undefined, undefined as never),
    'relative control node': () => addon.deviceMapper('control', 'status', 'mpath-36', ''),
    'no uuid': () => addon.deviceMapper('/dev/mapper/control', 'status', '', ''),
    'unknown question': () => addon.deviceMapper('/dev/mapper/control', 'remove' as never, 'mpath-36', ''),
    'empty message': () => addon.deviceMapper('/dev/mapper/control', 'message', 'mpath-36', ''),
    'message with NUL': () => addon.deviceMapper('/dev/mapper/control', 'message', 'mpath-36', 'a\0b'),
    'device name': () => addon.openers('/proc', ['sda']),
  }
  const survived = Object.entries(wrong).filter(([, call]) => !(thrownBy(call) instanceof TypeError))
  expect(survived.map(([name]) => name)).toEqual([])
})

function thrownBy(call: () => unknown): unknown {
  try {
    call()
    return undefined
  } catch (error) {
    return error
  }
}

test('a failed call rejects with errno, syscall and path', async () => {
  await expect(addon.sgCommand('/dev/none', Buffer.alloc(6), 96, 100)).rejects.toMatchObject({
    errno: -2,
    syscall: 'openat',
    path: '/dev/none',
  })
  expect(() => addon.lockOpen('/none/lock')).toThrow(expect.objectContaining({ errno: -2, syscall: 'openat', path: '/none/lock' }))
})

test('can be loaded twice in one thread, each loading with a state of its own', async () => {
  const require = createRequire(import.meta.url)
  // A second copy of the package finds no cached module either.
  Reflect.deleteProperty(require.cache, require.resolve(binary))
  const second = require(binary) as Addon
  expect(second).not.toBe(addon)
  await Promise.all([addon.readTree('/proc/self', nothing), second.readTree('/proc/self', nothing)])
  expect(second.stats().threads).toBe(1)
})
