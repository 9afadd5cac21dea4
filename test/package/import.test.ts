/** What the import of an installed copy loads: a few files, and nothing that only an attacher or the doctor needs. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { pack, type Packed } from './pack.js'
import { run } from './run.js'

/** Writes the address of each module that is imported to standard output. */
const HOOKS = `
  import { writeSync } from 'node:fs'
  export async function load(url, context, next) {
    if (url.startsWith('file:')) writeSync(1, 'loaded ' + url + '\\n')
    return next(url, context)
  }`

let packed: Packed
beforeAll(async () => {
  packed = await pack()
  await writeFile(join(packed.project, 'hooks.mjs'), HOOKS)
  const hooks = JSON.stringify(pathToFileURL(join(packed.project, 'hooks.mjs')).href)
  const register = `
    import module, { register } from 'node:module'
    register(${hooks})
    process.on('exit', () => {
      for (const file of Object.keys(module._cache)) console.log('loaded file://' + file)
      for (const name of process.moduleLoadList) console.log('built-in ' + name)
    })`
  await writeFile(join(packed.project, 'register.mjs'), register)
}, 180_000)
afterAll(async () => {
  await packed.remove()
})

interface Loaded {
  readonly files: readonly string[]
  /** Modules of Node.js, those that it needs itself included. */
  readonly builtIn: readonly string[]
}
async function loadedBy(script: string): Promise<Loaded> {
  await writeFile(join(packed.project, 'program.mjs'), script)
  const hooks = pathToFileURL(join(packed.project, 'register.mjs')).href
  const { code, out, err } = await run(packed.project, process.execPath, '--import', hooks, 'program.mjs')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  const files = [...out.matchAll(/^loaded .*\/node_modules\/(\S+)$/gm)].map(([, file = '']) =>
    file.replace('brickwork-storage/dist/lib/', ''),
  )
  return { files, builtIn: [...out.matchAll(/^built-in NativeModule (\S+)$/gm)].map(([, name = '']) => name) }
}

test('the import loads four files, and none of zod, of the engine or of the doctor', async () => {
  const { files, builtIn } = await loadedBy("import 'brickwork-storage'")
  expect(files.toSorted()).toEqual(['chunks/core.js', 'chunks/lib.js', 'chunks/library.js', 'index.js'])
  expect(builtIn).toContain('fs')
  for (const late of ['child_process', 'crypto']) expect(builtIn).not.toContain(late)
})

test('the first check of an input loads zod', async () => {
  const { files } = await loadedBy(`
    import { policyFromCinder } from 'brickwork-storage'
    policyFromCinder({})`)
  expect(files).toContain('chunks/zod.cjs')
})

test('an attacher loads the engine and not the doctor', async () => {
  const { files } = await loadedBy(`
    import { createAttacher } from 'brickwork-storage'
    import { FakeHost } from 'brickwork-storage/testing'
    await (await createAttacher({ host: new FakeHost() })).close()`)
  expect(files).toContain('chunks/engine.js')
  for (const late of ['chunks/doctor.js', 'chunks/zod.cjs']) expect(files).not.toContain(late)
  expect(files.length).toBeLessThanOrEqual(12)
})
