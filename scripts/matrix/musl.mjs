// Bun for musl is the runtime of the cells for musl: npm has no Node.js for musl. It is linked to the C++ library of a distribution with musl.
// That library is made here of what Bun needs of Debian's static one, which is position-independent.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { artefact } from '../lab/cache.mjs'
import { TOOLCHAIN, toolchain } from '../prebuilds/toolchain.mjs'
import { debian, program } from './fetch.mjs'
import { inTime } from './in-time.mjs'

/**
 * @typedef {object} Machine
 * @property {string} bun its package
 * @property {string} triple as the compiler names the machine
 * @property {() => Promise<string>} gcc the folder of its static C++ library
 */

export const QEMU_ARM = '/usr/bin/qemu-aarch64'

/** @type {Record<'x64' | 'arm64', Machine>} */
export const MACHINES = {
  x64: {
    bun: '@oven/bun-linux-x64-musl@1.4.5',
    triple: 'x86_64-linux-musl',
    gcc: async () => dirname((await inTime('gcc', ['-print-file-name=libstdc++.a'])).trim()),
  },
  arm64: {
    bun: '@oven/bun-linux-aarch64-musl@1.4.5',
    triple: 'aarch64-linux-musl',
    gcc: async () => {
      const version = (await inTime('gcc', ['-dumpversion'])).trim()
      const folder = `/usr/lib/gcc-cross/aarch64-linux-gnu/${version}`
      await debian({ [`libstdc++-${version}-dev-arm64-cross`]: join(folder, 'libstdc++.a') })
      return folder
    },
  },
}

/** What glibc has and musl lacks, as far as those parts of the C++ library need it. */
const SHIM = [
  '#include <stddef.h>',
  '#include <stdint.h>',
  'extern long getrandom(void *, size_t, unsigned);',
  'extern int pthread_key_create(unsigned *, void (*)(void *));',
  'extern unsigned long getauxval(unsigned long);',
  'char __libc_single_threaded = 0;',
  'uint32_t arc4random(void) { uint32_t value = 0; getrandom(&value, sizeof value, 0); return value; }',
  'int _dl_find_object(void *pc, void *result) { (void)pc; (void)result; return -1; }',
  'int __pthread_key_create(unsigned *key, void (*end)(void *)) { return pthread_key_create(key, end); }',
  'unsigned long __getauxval(unsigned long kind) { return getauxval(kind); }',
  '',
].join('\n')

/** @typedef {{ readonly argv: readonly string[], readonly env: Record<string, string> }} Runtime how a script is started */

/** Bun on Debian's musl. @returns {Promise<Runtime>} */
export async function bunOnMusl() {
  await debian({ musl: '/lib/ld-musl-x86_64.so.1' })
  const { bun, libraries } = await bunAndLibraries(MACHINES.x64)
  return { argv: [bun], env: { LD_LIBRARY_PATH: libraries } }
}

/** The same for arm64, in an emulator. @returns {Promise<Runtime>} */
export async function bunOnMuslArm() {
  await debian({ 'qemu-user': QEMU_ARM })
  const { bun, libraries } = await bunAndLibraries(MACHINES.arm64)
  const root = join(await artefact('musl-arm64', ['musl'], muslOfArm), 'root')
  return { argv: [QEMU_ARM, '-L', root, '-E', `LD_LIBRARY_PATH=${libraries}`, bun], env: {} }
}

/** @param {Machine} machine */
async function bunAndLibraries(machine) {
  const bun = await program(machine.bun, 'bin/bun')
  const gcc = await machine.gcc()
  const libraries = await artefact('musl', [machine.bun, SHIM, TOOLCHAIN, gcc], (into) => cppLibrary(machine, bun, gcc, into))
  return { bun, libraries }
}

/** @param {Machine} machine @param {string} bun @param {string} gcc @param {string} into */
async function cppLibrary({ triple }, bun, gcc, into) {
  const { zig, env } = await toolchain()
  const [source, shim] = [join(into, 'shim.c'), join(into, 'shim.o')]
  writeFileSync(source, SHIM)
  await inTime(zig, ['cc', '-target', triple, '-O2', '-fPIC', '-c', source, '-o', shim], { env })
  const symbols = await inTime('readelf', ['-W', '--dyn-syms', '--relocs', bun])
  // The second kind are data that the program copies.
  const missing = [...symbols.matchAll(/(?: UND |R_\w+_COPY +\w+ +)(_Z\w+|__cxa_\w+|__dynamic_cast)/g)].map(([, name = '']) => name)
  const wanted = [...new Set(missing)].flatMap((name) => ['-u', name])
  const [begin = '', end = '', ...archives] = ['crtbeginS.o', 'crtendS.o', 'libstdc++.a', 'libgcc_eh.a', 'libgcc.a'].map((name) =>
    join(gcc, name),
  )
  const library = ['-shared', '-soname', 'libstdc++.so.6', '--gc-sections', '-o', join(into, 'libstdc++.so.6')]
  await inTime(zig, ['ld.lld', ...library, begin, shim, ...wanted, '--start-group', ...archives, '--end-group', end], { env })
}

/** Debian's musl for arm64, which cannot be installed on another machine: it is unpacked. @param {string} into */
async function muslOfArm(into) {
  const apt = join(into, 'apt')
  for (const folder of ['state/lists/partial', 'cache/archives/partial']) mkdirSync(join(apt, folder), { recursive: true })
  const places = { 'Dir::State': join(apt, 'state'), 'Dir::State::status': '/dev/null', 'Dir::Cache': join(apt, 'cache') }
  const settings = Object.entries({ ...places, 'APT::Architecture': 'arm64', 'APT::Architectures': 'arm64' })
  const options = ['-q', ...settings.flatMap(([name, value]) => ['-o', `${name}=${value}`])]
  await inTime('apt-get', [...options, 'update'])
  await inTime('apt-get', [...options, 'download', 'musl'], { cwd: into })
  await inTime('sh', ['-c', 'dpkg-deb -x musl_*.deb root && rm -r apt'], { cwd: into })
}
