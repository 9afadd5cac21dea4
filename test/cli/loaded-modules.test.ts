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

async function modulesOf(...args: string[]): Promise<string[]> {
  const folder = await temporaryDirectory()
  writeFileSync(join(folder, 'hooks.mjs'), HOOKS)
  const register = `import { register } from 'node:module'; register(${JSON.stringify(pathToFileURL(join(folder, 'hooks.mjs')).href)})`
  writeFileSync(join(folder, 'register.mjs'), register)
  const places = ['--state-dir', join(folder, 's'), '--run-dir', join(folder, 'r')]
  const all = args[0] === 'list' ? [...args, ...places] : args
  const { code, err } = await execute(process.execPath, ['--import', pathToFileURL(join(folder, 'register.mjs')).href, main, ...all])
  expect(code).toBe(0)
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

test('the check sees the library where it is loaded', async () => {
  const modules = (await modulesOf('list')).filter(isLibrary)
  expect(modules.some((url) => url.includes('/node_modules/zod/'))).toBe(true)
  expect(modules.some((url) => url.endsWith('/lib/attacher.js'))).toBe(true)
})
