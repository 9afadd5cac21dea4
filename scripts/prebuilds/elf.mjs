// What a file needs of the machine that runs it, as `readelf` of binutils shows it.
import { run } from '../lab/run.mjs'
import { GLIBC } from './targets.mjs'

/**
 * @typedef {object} Needs
 * @property {string} machine
 * @property {readonly string[]} libraries
 * @property {readonly string[]} versions of symbols, such as `GLIBC_2.17`
 * @property {readonly string[]} exported symbols that other libraries of the process could take for their own. A program may export
 *   some, because its process is its own: for arm64 the linker exports memset() and others of Clang's run-time library.
 */

/** Libraries that each C library has itself. A static program needs none. */
const LIBRARIES = {
  glibc: /^(libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1|ld-linux-(x86-64\.so\.2|aarch64\.so\.1))$/,
  musl: /^libc\.so$/,
}
const ENTRIES = ['napi_register_module_v1', 'node_api_module_get_api_version_v1']

/** @param {string} file @returns {Promise<Needs>} */
export const needsOf = async (file) => parseNeeds(await run('readelf', ['-W', '-h', '-d', '-V', '--dyn-syms', file]))

/** A program has an entry point; a library starts at 0. */
const PROGRAM = /^\s*Entry point address:\s+0x0*[1-9a-f]/m

/**
 *     Machine:                           AArch64
 *     Entry point address:               0x0
 *  0x0000000000000001 (NEEDED)             Shared library: [libc.so.6]
 *   0x0010:   Name: GLIBC_2.17  Flags: none  Version: 5
 *     12: 0000000000033a10   812 FUNC    GLOBAL DEFAULT   15 napi_register_module_v1
 * @param {string} text @returns {Needs}
 */
export function parseNeeds(text) {
  const versions = [...text.matchAll(/Name: (\w+_\d[\d.]*)/g)].map(([, name = '']) => name)
  return {
    machine: /^\s*Machine:\s+(.*)$/m.exec(text)?.[1] ?? '',
    libraries: [...text.matchAll(/\(NEEDED\)\s+Shared library: \[(.*?)\]/g)].map(([, name = '']) => name),
    versions: [...new Set(versions)].sort(byVersion),
    exported: PROGRAM.test(text) ? [] : exportedIn(text),
  }
}

/** @param {string} text */
const exportedIn = (text) =>
  [...text.matchAll(/(?:FUNC|OBJECT)\s+(?:GLOBAL|WEAK|UNIQUE)\s+DEFAULT\s+\d+ (\S+)/g)].map(([, name = '']) => name)

/** What makes the file unfit for the target. @param {Needs} needs @param {import('./targets.mjs').Target} target @returns {string[]} */
export function complaints({ machine, libraries, versions, exported }, { machine: wanted, libc }) {
  const over = versions.filter((name) => libc === 'musl' || !name.startsWith('GLIBC_') || byVersion(name, `GLIBC_${GLIBC}`) > 0)
  return [
    ...(machine === wanted ? [] : [`is for ${machine || 'no machine'}, not for ${wanted}`]),
    ...libraries.filter((name) => !LIBRARIES[libc].test(name)).map((name) => `needs ${name}`),
    ...over.map((name) => `needs symbols of ${name}`),
    ...exported.filter((name) => !ENTRIES.includes(name)).map((name) => `exports ${name}`),
  ]
}

/** @param {string} a @param {string} b */
const byVersion = (a, b) => a.localeCompare(b, 'en', { numeric: true })
