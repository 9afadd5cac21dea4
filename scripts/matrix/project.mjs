// An empty project of a user, with the tarball installed.
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inTime } from './in-time.mjs'
import { mustHaveWorked, PROGRAMS } from './program.mjs'

/** @typedef {{ readonly cwd: string, readonly tarball: string }} Project */

/** The program's environment: without the variables of the npm that runs the matrix. */
export const CLEAN = Object.fromEntries(
  Object.keys(process.env).flatMap((name) => (/^npm_|^NODE_OPTIONS$|^BRICKWORK_/i.test(name) ? [[name, '']] : [])),
)

/**
 * Makes an empty project, and removes it afterwards. Every user may read it.
 * @template T
 * @param {string} tarball @param {(project: Project) => Promise<T>} work @returns {Promise<T>}
 */
export async function inProject(tarball, work) {
  const cwd = mkdtempSync(join(tmpdir(), 'brickwork-matrix-'))
  try {
    const copy = join(cwd, 'brickwork-storage.tgz')
    cpSync(tarball, copy)
    writeFileSync(join(cwd, 'package.json'), JSON.stringify({ name: 'project', version: '1.0.0', private: true }))
    for (const [type, text] of Object.entries(PROGRAMS)) writeFileSync(join(cwd, type === 'module' ? 'check.mjs' : 'check.cjs'), text)
    await inTime('chmod', ['-R', 'a+rX', cwd])
    return await work({ cwd, tarball: copy })
  } finally {
    rmSync(cwd, { recursive: true, force: true })
  }
}

/** @param {Project} project @param {string[]} more options of npm */
export async function npmInstall({ cwd, tarball }, ...more) {
  await inTime('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...more, tarball], { cwd, env: CLEAN })
}

/**
 * Runs the program of the project, which must work.
 * @param {Project} project @param {readonly string[]} argv @param {Record<string, string>} [env]
 */
export async function check({ cwd }, [command = 'node', ...args], env = {}) {
  mustHaveWorked(await inTime(command, args, { cwd, env: { ...CLEAN, ...env } }))
}

/** A copy of a folder of the installed package. @param {Project} project @param {string} path @param {string} name */
export function copyOf({ cwd }, path, name) {
  const copy = join(cwd, name)
  mkdirSync(copy, { recursive: true })
  cpSync(join(cwd, 'node_modules/brickwork-storage', path), copy, { recursive: true })
  return copy
}
