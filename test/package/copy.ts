/** The packed files in a project, with their dependencies. It is made without npm, and every user of the machine may read it. */
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'

import { must, ROOT } from './run.js'

export interface Copy {
  /** A project with the package in its node_modules. */
  readonly project: string
  addNative(): Promise<void>
  removeNative(): Promise<void>
  removeHelper(): Promise<void>
  remove(): Promise<void>
}
const NATIVE = ['brickwork.node', 'brickwork-helper']
/** Those that the library loads. */
const DEPENDENCIES = ['node-gyp-build', 'zod']

export async function copyOfPackage(): Promise<Copy> {
  const project = await mkdtemp(join(tmpdir(), 'brickwork-copy-'))
  const modules = join(project, 'node_modules')
  const place = join(modules, 'brickwork-storage')
  await mkdir(place, { recursive: true })
  await must(ROOT, 'tar', '-xzf', inject('tarball'), '--strip-components=1', '--exclude=package/prebuilds', '-C', place)
  for (const name of DEPENDENCIES) await cp(join(ROOT, 'node_modules', name), join(modules, name), { recursive: true })
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true }))
  await chmod(project, 0o755)
  const built = join(place, 'build/Release')
  return {
    project,
    async addNative() {
      await mkdir(built, { recursive: true })
      for (const file of NATIVE) await cp(join(ROOT, 'build/Release', file), join(built, file))
    },
    removeNative: () => rm(join(place, 'build'), { recursive: true, force: true }),
    removeHelper: () => rm(join(built, 'brickwork-helper')),
    remove: () => rm(project, { recursive: true, force: true }),
  }
}
