/** The package as a user gets it: packed from a clean build and installed elsewhere. */
import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../..')
const PACKED = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'binding.gyp',
  'native',
  'scripts',
  'docs',
  'prebuilds',
  'test',
]

export interface Packed {
  readonly tarball: string
  /** Paths within the package, sorted. */
  readonly files: readonly string[]
  /** A project with the package installed. */
  readonly project: string
  remove(): Promise<void>
}
export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export function run(cwd: string, command: string, ...args: string[]): Promise<Ran> {
  return new Promise((answer) => {
    // The npm below would take the variables that npm sets for its scripts as settings.
    const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^VITEST/i.test(name))
    const env = { ...Object.fromEntries(kept), NO_COLOR: '1' }
    execFile(command, args, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 255
      answer({ code, out, err: code === 255 ? `${error?.message ?? ''}\n${err}` : err })
    })
  })
}
export const node = (project: string, script: string, type: 'module' | 'commonjs' = 'module') =>
  run(project, process.execPath, `--input-type=${type}`, '--eval', script)

export async function pack(): Promise<Packed> {
  const folder = await mkdtemp(join(tmpdir(), 'brickwork-package-'))
  const stage = join(folder, 'stage')
  const project = join(folder, 'project')
  // All files are present, so only the manifest excludes files. dist is built from the current sources alone.
  for (const name of PACKED) await cp(join(ROOT, name), join(stage, name), { recursive: true }).catch(ignoreAbsent)
  await must(ROOT, join(ROOT, 'node_modules/.bin/tsc'), '-p', 'tsconfig.json', '--outDir', join(stage, 'dist'))
  const packed = await must(stage, 'npm', 'pack', '--json', '--ignore-scripts', '--pack-destination', folder)
  const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }]
  const tarball = join(folder, filename)
  await install(project, tarball)
  return { tarball, files: files.map(({ path }) => path).sort(), project, remove: () => rm(folder, { recursive: true, force: true }) }
}

/** Installs without a network: dependencies come from this checkout's node_modules. */
async function install(project: string, tarball: string): Promise<void> {
  const own = ['zod', 'node-gyp-build', 'node-addon-api'].map((name) => [name, `file:${join(ROOT, 'node_modules', name)}`])
  const dependencies = { ...Object.fromEntries(own), 'brickwork-storage': `file:${tarball}` } as Record<string, string>
  await mkdir(project)
  await writeFile(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, dependencies }))
  await must(project, 'npm', 'install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--cache', join(project, '.cache'))
}

export async function must(cwd: string, command: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await run(cwd, command, ...args)
  if (code === 0) return out
  throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${out}${err}`)
}
function ignoreAbsent(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
}
