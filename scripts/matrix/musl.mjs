// Bun for musl is the runtime of the cell for musl: npm has no Node.js for musl. It is linked to the C++ library of a distribution with musl.
// That library is made here of what Bun needs of Debian's static one, which is position-independent.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { artefact } from '../lab/cache.mjs'
import { inTime } from './in-time.mjs'
import { debian, program } from './fetch.mjs'

export const BUN_MUSL = '@oven/bun-linux-x64-musl@1.4.5'

/** What glibc has and musl lacks, as far as those parts of the C++ library need it. */
const SHIM = [
  '#include <stddef.h>',
  '#include <stdint.h>',
  'extern long getrandom(void *, size_t, unsigned);',
  'extern int pthread_key_create(unsigned *, void (*)(void *));',
  'char __libc_single_threaded = 0;',
  'uint32_t arc4random(void) { uint32_t value = 0; getrandom(&value, sizeof value, 0); return value; }',
  'int _dl_find_object(void *pc, void *result) { (void)pc; (void)result; return -1; }',
  'int __pthread_key_create(unsigned *key, void (*end)(void *)) { return pthread_key_create(key, end); }',
  '',
].join('\n')

/** Bun on Debian's musl: its program, and the folder of its C++ library. @returns {Promise<{ bun: string, libraries: string }>} */
export async function bunOnMusl() {
  await debian({ musl: '/lib/ld-musl-x86_64.so.1' })
  const bun = await program(BUN_MUSL, 'bin/bun')
  const libraries = await artefact('musl', [BUN_MUSL, SHIM, await inTime('g++', ['--version'])], (into) => cppLibrary(bun, into))
  return { bun, libraries }
}

/** @param {string} bun @param {string} into */
async function cppLibrary(bun, into) {
  const source = join(into, 'shim.c')
  writeFileSync(source, SHIM)
  await inTime('gcc', ['-O2', '-fPIC', '-c', source, '-o', join(into, 'shim.o')])
  const symbols = await inTime('readelf', ['-W', '--dyn-syms', '--relocs', bun])
  // The second kind are data that the program copies.
  const missing = [...symbols.matchAll(/(?: UND |R_X86_64_COPY +\w+ +)(_Z\w+|__cxa_\w+|__dynamic_cast)/g)].map(([, name = '']) => name)
  const gcc = dirname((await inTime('gcc', ['-print-file-name=libstdc++.a'])).trim())
  const wanted = [...new Set(missing)].map((name) => `-Wl,-u,${name}`)
  const archives = ['libstdc++.a', 'libgcc_eh.a', 'libgcc.a'].map((name) => join(gcc, name))
  const ends = /** @type {const} */ (['crtbeginS.o', 'crtendS.o']).map((name) => join(gcc, name))
  await inTime('gcc', [
    ...['-shared', '-nostdlib', '-Wl,-soname,libstdc++.so.6', '-Wl,--gc-sections', '-o', join(into, 'libstdc++.so.6')],
    ...[ends[0] ?? '', join(into, 'shim.o'), ...wanted, '-Wl,--start-group', ...archives, '-Wl,--end-group', ends[1] ?? ''],
  ])
}
