/** Packs once for all tests of this folder, as after `git clone` and `npm ci`: the files of git alone, without anything built. */
import { cp, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { TestProject } from 'vitest/node'

import { cached } from '../../scripts/prebuilds/build.mjs'
import { TARGETS } from '../../scripts/prebuilds/targets.mjs'
import { must, mustWith, ROOT } from './run.js'

declare module 'vitest' {
  interface ProvidedContext {
    readonly tarball: string
  }
}

let folder: string | undefined

export async function setup(project: TestProject): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'brickwork-package-'))
  const clone = join(folder, 'clone')
  const listed = await must(ROOT, 'git', 'ls-files', '-z', '--cached', '--others', '--exclude-standard')
  for (const file of listed.split('\0').filter((name) => name !== '' && !name.startsWith('test/'))) {
    await mkdir(dirname(join(clone, file)), { recursive: true })
    await cp(join(ROOT, file), join(clone, file)).catch(ignoreRemoved)
  }
  await symlink(join(ROOT, 'node_modules'), join(clone, 'node_modules'))
  const said = await mustWith(
    { BRICKWORK_PREBUILDS: cachedTargets().join(' ') || 'none' },
    clone,
    'npm',
    'pack',
    '--pack-destination',
    folder,
  )
  project.provide('tarball', join(folder, said.trim().split('\n').at(-1) ?? ''))
}

export async function teardown(): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
}

/** Building all targets takes too long here: `npm run test:matrix` builds them. */
const cachedTargets = () => TARGETS.filter((target) => cached(target) !== undefined).map(({ name }) => name)

/** A file that git still lists but that was removed. */
function ignoreRemoved(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
