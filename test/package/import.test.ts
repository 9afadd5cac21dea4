/** What the import of an installed copy loads: a few files, and nothing that only an attacher or the doctor needs. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

import { pack, type Packed } from './pack.js'
import { run } from './run.js'

/** Writes the address of each file that is loaded to standard output. */
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
  const register = `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(join(packed.project, 'hooks.mjs')).href)})`
  await writeFile(join(packed.project, 'register.mjs'), register)
}, 180_000)
afterAll(async () => {
  await packed.remove()
})

async function loadedBy(script: string): Promise<string[]> {
  await writeFile(join(packed.project, 'program.mjs'), script)
  const hooks = pathToFileURL(join(packed.project, 'register.mjs')).href
  const { code, out, err } = await run(packed.project, process.execPath, '--import', hooks, 'program.mjs')
  expect({ code, err }).toEqual({ code: 0, err: '' })
  return [...out.matchAll(/^loaded .*\/node_modules\/(\S+)$/gm)].map(([, file = '']) => file.replace('brickwork-storage/dist/lib/', ''))
}

test('the import loads four files, and none of zod, of the engine or of the doctor', async () => {
  const files = await loadedBy("import 'brickwork-storage'")
  expect(files.sort()).toEqual(['chunks/core.js', 'chunks/lib.js', 'chunks/library.js', 'index.js'])
})

test('an attacher loads the engine and not the doctor', async () => {
  const files = await loadedBy(`
    import { createAttacher } from 'brickwork-storage'
    import { FakeHost } from 'brickwork-storage/testing'
    await (await createAttacher({ host: new FakeHost() })).close()`)
  expect(files).toContain('chunks/engine.js')
  expect(files).not.toContain('chunks/doctor.js')
  expect(files.length).toBeLessThanOrEqual(12)
})
