/** What the command loads before it does something: nothing of the library for help and completion. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../unit/host/temporary-directory.js'
import { built, execute } from './built.js'

const { main } = built()
/** Writes the address of each module that is resolved to standard error. */
const HOOKS = `
  import { writeSync } from 'node:fs'
  export async function resolve(specifier, context, next) {
    const found = await next(specifier, context)
    writeSync(2, 'module ' + found.url + '\\n')
    return found
  }`

const WRONG = '{"ready":"soon"}'
async function modulesOf(...args: string[]): Promise<string[]> {
  const folder = await temporaryDirectory()
  writeFileSync(join(folder, 'hooks.mjs'), HOOKS)
  const hooks = JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)
  const register = `
    import module, { register } from 'node:module'
    register(${hooks})
    process.on('exit', () => {
      for (const file of Object.keys(module._cache)) console.error('module file://' + file)
    })`
  writeFileSync(join(folder, 'register.mjs'), register)
  const places = ['--state-dir', join(folder, 's'), '--run-dir', join(folder, 'r')]
  const all = args[0] === 'list' ? [...args, ...places] : args
  const { code, err } = await execute(process.execPath, ['--import', pathToFileURL(join(folder, 'register.mjs')).href, main, ...all])
  expect(code).toBe(args.includes(WRONG) ? 2 : 0)
  return [...err.matchAll(/^module (file:\S+)$/gm)].map(([, url = '']) => url)
}
const isLibrary = (url: string) => /\/node_modules\/|\/lib\/(?!cli\/|core\/)/.test(url) || url.includes('/cli/actions/')

test.each([
  ['--help'],
  ['help', 'attach'],
  ['--version'],
  ['--explain', 'ERR_HELD'],
  ['completion', 'bash'],
  ['completion', 'words', '--', 'attach', '--'],
])('brickwork %s %s loads neither zod nor the library', async (...args) => {
  const modules = await modulesOf(...args)
  expect(modules.length).toBeGreaterThan(10)
  expect(modules.filter(isLibrary)).toEqual([])
})

const isZod = (url: string) => url.includes('/node_modules/zod/')

test('brickwork list loads the library, and no zod', async () => {
  const modules = (await modulesOf('list')).filter(isLibrary)
  expect(modules.some((url) => url.endsWith('/lib/attacher.js'))).toBe(true)
  expect(modules.some(isZod)).toBe(false)
})
test('the check sees zod where it is loaded', async () => {
  expect((await modulesOf('detach', 'db', '--policy', WRONG)).some(isZod)).toBe(true)
})
