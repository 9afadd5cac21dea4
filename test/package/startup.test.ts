/** An installed copy where something is missing: its native part, root, or a file system that can be written. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { asNobody, isRoot, mayUnshare, readOnly } from './confined.js'
import { type Copy, copyOfPackage } from './copy.js'
import { node, type Ran, run } from './run.js'

const DIRECTORIES = ['/var/lib/brickwork', '/run/brickwork']

let copy: Copy
let absent: readonly string[]
beforeAll(async () => {
  absent = DIRECTORIES.filter((each) => !existsSync(each))
  copy = await copyOfPackage()
}, 300_000)
afterAll(async () => {
  await copy.remove()
})

const QUERIES = `
  import { enumerate, identity } from 'brickwork-storage'
  const [{ devices, unseen }, { hostname, bootId }] = [await enumerate(), await identity()]
  console.log(JSON.stringify({ devices: devices.map(({ name }) => name).sort(), unseen, hostname, bootId }))`
const script = ['--input-type=module', '--eval', QUERIES]
function answerOf({ code, out, err }: Ran) {
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return JSON.parse(out) as { devices: string[]; unseen: string[]; hostname: string; bootId: string }
}

describe('enumerate() and identity()', () => {
  test('answer without the native part', async () => {
    await copy.addNative()
    const native = answerOf(await node(copy.project, QUERIES))
    await copy.removeNative()
    expect(answerOf(await node(copy.project, QUERIES))).toEqual(native)
    expect(native.hostname).not.toBe('')
  })
  test.skipIf(!isRoot)('answer to a user without any right, with and without the native part', async () => {
    const all = answerOf(await node(copy.project, QUERIES))
    for (const hasNative of [true, false]) {
      await (hasNative ? copy.addNative() : copy.removeNative())
      const { unseen, ...seen } = answerOf(await asNobody(copy.project, process.execPath, ...script))
      expect(seen).toEqual({ devices: all.devices, hostname: all.hostname, bootId: all.bootId })
      expect(unseen.join()).toContain('no permission')
    }
  })
  test.skipIf(!mayUnshare)('answer on read-only file systems', async () => {
    const all = answerOf(await node(copy.project, QUERIES))
    expect(answerOf(await readOnly(copy.project, process.execPath, ...script))).toEqual(all)
  })
  test('make no directory', () => {
    expect(absent.filter((each) => existsSync(each))).toEqual([])
  })
})

describe('createAttacher()', () => {
  const caught = `.catch((error) => console.log(JSON.stringify({ code: error.code, message: error.message })))`
  const attacher = (options: string) => `import { createAttacher } from 'brickwork-storage'; await createAttacher(${options})${caught}`
  const places = () => `{ stateDir: '${copy.project}/s', runDir: '${copy.project}/r' }`

  test('fails at once without the native part, and says what was tried and what to do', async () => {
    await copy.removeNative()
    const { code, out, err } = await node(copy.project, attacher(places()))
    expect({ code, err }).toEqual({ code: 0, err: '' })
    const said = JSON.parse(out) as { code: string; message: string }
    expect(said.code).toBe('ERR_NATIVE_UNAVAILABLE')
    for (const part of ['brickwork-storage/scripts/build.mjs', 'prebuilds', process.version, process.arch])
      expect(said.message).toContain(part)
    expect([existsSync(join(copy.project, 's')), existsSync(join(copy.project, 'r'))]).toEqual([false, false])
  })
  test('fails at once without the helper', async () => {
    await copy.addNative()
    await copy.removeHelper()
    const { out } = await node(copy.project, attacher(places()))
    expect(JSON.parse(out)).toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE', message: expect.stringContaining('helper') as string })
  })
  test('succeeds with both', async () => {
    await copy.addNative()
    expect(await run(copy.project, process.execPath, '--input-type=module', '--eval', attacher(places()))).toEqual({
      code: 0,
      out: '',
      err: '',
    })
  })
})

describe.skipIf(!isRoot)('a user without any right, after an agent of root has run', () => {
  const command = () => join(copy.project, 'node_modules/brickwork-storage/dist/lib/cli/main.js')
  const places = () => ['--state-dir', join(copy.project, 'of-root/state'), '--run-dir', join(copy.project, 'of-root/run')]
  const brickwork = (...args: string[]) => asNobody(copy.project, process.execPath, command(), ...args, ...places())
  beforeAll(async () => {
    await copy.addNative()
    const [, stateDir, , runDir] = places()
    await node(
      copy.project,
      `import { createAttacher } from 'brickwork-storage'
      await (await createAttacher({ stateDir: '${stateDir ?? ''}', runDir: '${runDir ?? ''}' })).close()`,
    )
    expect([existsSync(stateDir ?? ''), existsSync(runDir ?? '')]).toEqual([true, true])
  })

  test.each(['enumerate', 'identity'])('%s answers', async (name) => {
    expect(await brickwork(name)).toMatchObject({ code: 0, err: '' })
  })
  test.each([['list'], ['inspect', 'vol-1'], ['recover'], ['recover', '--dry-run'], ['detach', 'vol-1']])(
    '%s %s says that root is needed, and nothing else',
    async (...args) => {
      const { code, out, err } = await brickwork(...args)
      expect({ code, out }).toEqual({ code: 1, out: '' })
      expect(err).toMatch(/^brickwork: ERR_PERMISSION.*(run it as root|needs root)/)
      expect(err).not.toMatch(/ERR_STATE|move|repair/)
    },
  )
})

test('a file in place of the state directory is named', async () => {
  await copy.addNative()
  const command = join(copy.project, 'node_modules/brickwork-storage/dist/lib/cli/main.js')
  const { code, err } = await run(copy.project, process.execPath, command, 'recover', '--state-dir', join(copy.project, 'package.json'))
  expect(code).toBe(1)
  expect(err).toContain(`${join(copy.project, 'package.json')} is a file: remove it or use another directory`)
})

test.skipIf(!mayUnshare)('commands that only look work on read-only file systems; others say that it is read-only', async () => {
  await copy.addNative()
  const command = join(copy.project, 'node_modules/brickwork-storage/dist/lib/cli/main.js')
  const places = ['--state-dir', join(copy.project, 'ro/s'), '--run-dir', join(copy.project, 'ro/r')]
  for (const args of [['enumerate'], ['identity'], ['list'], ['recover', '--dry-run']])
    expect(await readOnly(copy.project, process.execPath, command, ...args, ...places)).toMatchObject({ code: 0, err: '' })
  const { code, err } = await readOnly(copy.project, process.execPath, command, 'recover', ...places)
  expect(code).toBe(1)
  expect(err).toContain('failed with EROFS (the file system is read-only: remount it or use another directory)')
  expect(err).not.toMatch(/move it away|repair/)
})
