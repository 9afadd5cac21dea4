/** Finds and loads the addon at its first use, so that this library can be imported on every system. */
import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'

import { BrickworkError } from '../core/errors.js'
import { VERSION } from '../core/version.js'
import type { Addon } from './native.js'
import { helperBeside, libcOf, type NativePlaces, nativePlaces } from './native-places.js'

const functions: readonly (keyof Addon)[] = [
  'readTree',
  'readChanged',
  'readFiles',
  'runJob',
  'guardedWrite',
  'replaceFile',
  'syncDirectory',
  'sgCommand',
  'tcpConnect',
  'exchange',
  'lockOpen',
  'lockTry',
  'lockClose',
  'listen',
  'unlisten',
  'changeRecord',
  'openers',
  'deviceMapper',
]

const addons = new Map<string | undefined, Addon>()
const helpers = new Map<string | undefined, string>()

/** @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_UNSUPPORTED_PLATFORM` */
export function loadAddon(nativeDir?: string): Addon {
  const known = addons.get(nativeDir)
  if (known !== undefined) return known
  requireLinux(process.platform)
  const addon = loadFrom(nativePlaces(nativeDir))
  addons.set(nativeDir, addon)
  return addon
}

/** @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_UNSUPPORTED_PLATFORM` */
export function helperProgram(nativeDir?: string): string {
  const known = helpers.get(nativeDir)
  if (known !== undefined) return known
  requireLinux(process.platform)
  const program = findHelper(nativePlaces(nativeDir))
  helpers.set(nativeDir, program)
  return program
}

export function loadFrom(places: NativePlaces): Addon {
  const failures: unknown[] = []
  for (const file of places.addons.filter((path) => existsSync(path))) {
    try {
      return checked(createRequire(file)(file))
    } catch (error) {
      failures.push(error)
    }
  }
  throw unavailable('addon', places.addons, places, failures)
}

export function findHelper(places: NativePlaces): string {
  const files = places.addons.map(helperBeside)
  const found = files.find(isExecutable)
  if (found !== undefined) return found
  const barred = files.filter((file) => existsSync(file)).map((file) => `${file} is not executable`)
  throw unavailable('helper', files, places, barred)
}

export function requireLinux(platform: string): void {
  if (platform === 'linux') return
  throw new BrickworkError('ERR_UNSUPPORTED_PLATFORM', `Volumes can only be attached on Linux; this is ${platform}`, {
    details: { platform },
  })
}

function checked(exported: unknown): Addon {
  const addon = exported as Partial<Addon> | undefined
  const { version } = addon?.buildInfo ?? {}
  if (version !== VERSION) throw new TypeError(`the addon is of version ${version ?? 'none'}, and this library is ${VERSION}`)
  const missing = functions.filter((name) => typeof addon?.[name] !== 'function')
  if (missing.length > 0) throw new TypeError(`the addon lacks ${missing.join(', ')}`)
  return exported as Addon
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function unavailable(part: string, tried: readonly string[], places: NativePlaces, failures: readonly unknown[]): BrickworkError {
  const machine = { platform: process.platform, arch: process.arch, libc: libcOf(), node: process.version, abi: process.versions.modules }
  const reasons = failures.map((failure) => (failure instanceof Error ? failure.message.trim() : String(failure)))
  return new BrickworkError(
    'ERR_NATIVE_UNAVAILABLE',
    [
      [`Brickwork's native ${part} can't be loaded`, ...reasons].join(': '),
      ...(tried.length === 0 ? [] : [`Tried: ${tried.join(', ')}`]),
      `Machine: ${machine.platform}-${machine.arch}, ${machine.libc}, Node.js ${machine.node} (ABI ${machine.abi})`,
      adviceFor(tried, places),
    ].join('\n'),
    { details: { tried, ...machine }, ...(failures[0] instanceof Error ? { cause: failures[0] } : {}) },
  )
}

function adviceFor(tried: readonly string[], { script }: NativePlaces): string {
  if (script !== undefined) return `To compile it here: node ${script} (needs make, Python 3 and a C++17 compiler)`
  if (tried.length > 0)
    return 'That folder was named by nativeDir or BRICKWORK_NATIVE_DIR. It needs the files of prebuilds in brickwork-storage'
  return (
    'The package brickwork-storage was not found; it may be bundled. Leave it out of the bundle (esbuild: --external:brickwork-storage), ' +
    'or copy its folder prebuilds and name the copy: createHost({ nativeDir }) or BRICKWORK_NATIVE_DIR'
  )
}
