/** The package as a user gets it: packed from a fresh clone and installed elsewhere. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inject } from 'vitest'

import { must, ROOT } from './run.js'

export interface Packed {
  readonly tarball: string
  /** Paths within the package, sorted. */
  readonly files: readonly string[]
  /** A project with the package installed. */
  readonly project: string
  remove(): Promise<void>
}

export async function pack(): Promise<Packed> {
  const tarball = inject('tarball')
  const folder = await mkdtemp(join(tmpdir(), 'brickwork-installed-'))
  const project = join(folder, 'project')
  const listed = await must(folder, 'tar', '-tzf', tarball)
  const files = listed
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
  await install(project, tarball)
  return { tarball, files: files.sort(), project, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Installs without a network: dependencies come from this checkout's node_modules. */
async function install(project: string, tarball: string): Promise<void> {
  const names = ['node-addon-api', 'node-gyp-build', 'zod']
  const local = names.map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`])
  const dependencies = { ...(Object.fromEntries(local) as Record<string, string>), 'brickwork-storage': `file:${tarball}` }
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, dependencies }))
  await must(project, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(project, '.cache'))
}
