/** Finds and loads the addon at its first use, so that this library can be imported on every system. */
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

import { BrickworkError } from '../core/errors.js'
import type { Addon } from './native.js'

const PACKAGE = 'brickwork-storage'
const HELPER = 'brickwork-helper'
const functions: readonly (keyof Addon)[] = [
  'readTree',
  'readChanged',
  'guardedWrite',
  'replaceFile',
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

let loaded: Addon | undefined
let helper: string | undefined

/** @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_UNSUPPORTED_PLATFORM` */
export function loadAddon(): Addon {
  return (loaded ??= loadFrom(packageRoot()))
}

/** @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_UNSUPPORTED_PLATFORM` */
export function helperProgram(): string {
  return (helper ??= findHelper(packageRoot()))
}

/** @throws `ERR_NATIVE_UNAVAILABLE`, `ERR_UNSUPPORTED_PLATFORM` */
export function findHelper(root: string): string {
  requireLinux(process.platform)
  const places = [
    join(root, 'build', 'Release', HELPER),
    join(root, 'prebuilds', `${process.platform}-${process.arch}`, libcOf() === 'musl' ? `${HELPER}.musl` : HELPER),
    join(root, 'prebuilds', `${process.platform}-${process.arch}`, HELPER),
  ]
  const found = places.find(isExecutable)
  if (found === undefined) throw unavailable('helper', places, undefined)
  return found
}

export function loadFrom(root: string): Addon {
  requireLinux(process.platform)
  try {
    const require = createRequire(import.meta.url)
    const load = require('node-gyp-build') as (directory: string) => unknown
    return checked(load(root))
  } catch (error) {
    const places = [join(root, 'build', 'Release', '*.node'), join(root, 'prebuilds', `${process.platform}-${process.arch}`, '*.node')]
    throw unavailable('addon', places, error)
  }
}

export function requireLinux(platform: string): void {
  if (platform === 'linux') return
  throw new BrickworkError('ERR_UNSUPPORTED_PLATFORM', `Volumes can only be attached on Linux; this is ${platform}`, {
    details: { platform },
  })
}

function checked(exported: unknown): Addon {
  const missing = functions.filter((name) => typeof (exported as Partial<Addon> | undefined)?.[name] !== 'function')
  if (missing.length > 0) throw new TypeError(`the addon is from another version: it lacks ${missing.join(', ')}`)
  return exported as Addon
}

/** Searches upwards from this file, whose depth differs between the package and a build for tests. */
function packageRoot(): string {
  for (let directory = import.meta.dirname; ; directory = dirname(directory)) {
    if (isOurPackage(join(directory, 'package.json'))) return directory
    if (directory === dirname(directory)) throw unavailable('package', [import.meta.dirname], undefined)
  }
}

function isOurPackage(file: string): boolean {
  if (!existsSync(file)) return false
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === PACKAGE
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function unavailable(part: string, tried: readonly string[], cause: unknown): BrickworkError {
  const machine = { platform: process.platform, arch: process.arch, libc: libcOf(), node: process.version, abi: process.versions.modules }
  const reason = cause instanceof Error ? `: ${cause.message.trim()}` : ''
  return new BrickworkError(
    'ERR_NATIVE_UNAVAILABLE',
    [
      `Brickwork's native ${part} can't be loaded${reason}`,
      `Tried: ${tried.join(', ')}`,
      `Machine: ${machine.platform}-${machine.arch}, ${machine.libc}, Node.js ${machine.node} (ABI ${machine.abi})`,
      `To build it here: npm rebuild ${PACKAGE} --foreground-scripts (needs a C++ compiler, make and Python)`,
    ].join('\n'),
    { details: { tried, ...machine }, ...(cause === undefined ? {} : { cause }) },
  )
}

function libcOf(): 'glibc' | 'musl' {
  const names = existsSync('/lib') ? readdirSync('/lib') : []
  return names.some((name) => name.startsWith('ld-musl-')) ? 'musl' : 'glibc'
}
