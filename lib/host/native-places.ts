/** Where the native part may lie: in the package, or in a folder that the user names. */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join, resolve } from 'node:path'

const PACKAGE = 'brickwork-storage'
const COMPILED = 'brickwork.node'
/** A program names its interpreter near its beginning: `/lib64/ld-linux-x86-64.so.2`, `/lib/ld-musl-x86_64.so.1` (elf(5), PT_INTERP). */
const HEAD_BYTES = 8192

export interface NativePlaces {
  /** Files that may be the addon. The first one is best. A helper lies beside each ({@link helperBeside}). */
  readonly addons: readonly string[]
  /** Script that compiles the native part; `undefined` if the package was not found. */
  readonly script: string | undefined
}

/** @param nativeDir folder with the files, or with a folder for each machine, as `prebuilds` of the package has them */
export function nativePlaces(nativeDir = process.env['BRICKWORK_NATIVE_DIR']): NativePlaces {
  if (nativeDir !== undefined && nativeDir !== '') {
    const named = resolve(nativeDir)
    return { addons: [join(named, COMPILED), join(named, shippedName()), join(named, machineName(), shippedName())], script: undefined }
  }
  const root = packageRoot()
  if (root === undefined) return { addons: [], script: undefined }
  return { addons: addonsBelow(root), script: join(root, 'scripts', 'build.mjs') }
}

/** Files of the package that may be the addon for a process with this C library. */
export function addonsBelow(root: string, libc = libcOf()): readonly string[] {
  const known = [join(root, 'build', 'Release', COMPILED), join(root, 'prebuilds', machineName(), shippedName(libc))]
  const other = libc === 'glibc' ? '.musl.' : '.glibc.'
  const chosen = chosenBelow(root).filter((file) => !basename(file).includes(other))
  return [...new Set([...chosen, ...known])]
}

/** `brickwork-helper` beside `brickwork.node`, `brickwork-helper.musl` beside `brickwork-storage.musl.node`. */
export const helperBeside = (addon: string): string =>
  join(dirname(addon), basename(addon, '.node').replace(/^brickwork(-storage)?/, 'brickwork-helper'))

/** The name of a folder of prebuilds: `linux-x64`. */
export const machineName = (): string => `${process.platform}-${process.arch}`

/** The name that prebuildify gives to the addon: `brickwork-storage.glibc.node`. */
export const shippedName = (libc = libcOf()): string => `${PACKAGE}.${libc}.node`

/** What node-gyp-build chooses. It takes every system but Alpine for glibc. */
function chosenBelow(root: string): string[] {
  try {
    const require = createRequire(join(root, 'package.json'))
    const { resolve: choose } = require('node-gyp-build') as { readonly resolve: (directory: string) => string }
    return [choose(root)]
  } catch {
    return [] // It throws when it finds none. The places that are known say where to look.
  }
}

/** The C library of this process: that of its program, not of the host, which may have both. */
export function libcOf(program = process.execPath): 'glibc' | 'musl' {
  try {
    const head = Buffer.alloc(HEAD_BYTES)
    const file = openSync(program, 'r')
    try {
      readSync(file, head, 0, HEAD_BYTES, 0)
    } finally {
      closeSync(file)
    }
    return head.includes('/ld-musl-') ? 'musl' : 'glibc'
  } catch {
    return 'glibc' // a program that may be run but not read
  }
}

/** The folder of the package: above this file, or what a bundle would import from its own folder. */
function packageRoot(): string | undefined {
  const own = ownFolder()
  if (own === undefined) return undefined
  for (let directory = own; ; directory = dirname(directory)) {
    if (isOurPackage(join(directory, 'package.json'))) return directory
    if (directory === dirname(directory)) break
  }
  try {
    return dirname(createRequire(join(own, 'bundle.js')).resolve(`${PACKAGE}/package.json`))
  } catch {
    return undefined
  }
}

/** The folder of this file. A bundle in CommonJS has `__dirname` instead of `import.meta.dirname`. */
function ownFolder(): string | undefined {
  const { dirname: folder } = import.meta as { readonly dirname?: string }
  return folder ?? (typeof __dirname === 'string' ? __dirname : undefined)
}

function isOurPackage(file: string): boolean {
  if (!existsSync(file)) return false
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  return typeof parsed === 'object' && parsed !== null && 'name' in parsed && parsed.name === PACKAGE
}
