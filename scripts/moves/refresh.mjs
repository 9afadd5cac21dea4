// Rewrites one patch for the working tree: merges its changes at an earlier commit with the current files.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { formatted, git, inTemporaryFolder } from './git.mjs'
import { applyPatch } from '../mutations/apply.mjs'
import { compose, parse } from './patch-text.mjs'
import { rewrite } from './rewrite.mjs'

/**
 * @typedef {{ root: string, base: string, layout: import('./layout.mjs').Layout, rename: (text: string) => string }} Since
 * @param {Since} since @param {string} before the patch's text at the base @param {string} now its text today
 * @returns {{ text: string, same: boolean } | { problem: string }} same: today's text does the same
 */
export function refreshed(since, before, now) {
  const { files } = parse(before)
  const changes = patchedAtBase(since, before, files)
  if (changes === undefined) return { problem: `it did not apply at ${since.base}` }
  /** @type {Merged[]} */
  const merged = []
  for (const { path, base, patched } of changes) {
    const target = since.layout.newPathOf(path)
    if (!existsSync(join(since.root, target))) return { problem: `${path} is gone, and no table names its new path` }
    const current = readFileSync(join(since.root, target), 'utf8')
    const { text, conflicts } = merge(since, path, { base, current, patched })
    if (conflicts !== undefined) return { problem: `${target}:\n${conflicts}` }
    merged.push({ path: target, current, text })
  }
  if (merged.every(({ current, text }) => current === text))
    return { problem: 'it would change nothing: the files already contain its change' }
  const text = written({ ...parse(before), header: parse(now).header }, merged)
  return fits(text, merged) ? { text, same: fits(now, merged) } : { problem: 'what was merged does not apply to the working tree' }
}

/** The current text of a file, and the text after the patch. @typedef {{ path: string, current: string, text: string }} Merged */

/** `undefined`: the patch does not apply. @param {Since} since @param {string} patch @param {readonly string[]} files */
function patchedAtBase({ root, base }, patch, files) {
  return inTemporaryFolder((folder) => {
    const contents = files.map((path) => ({ path, base: git(root, 'show', `${base}:${path}`) }))
    for (const { path, base: text } of contents) write(join(folder, path), text)
    write(join(folder, 'the.patch'), patch)
    try {
      applyPatch(folder, 'the.patch')
    } catch {
      return undefined
    }
    return contents.map((each) => ({ ...each, patched: readFileSync(join(folder, each.path), 'utf8') }))
  })
}

/**
 * First applies renamed words and moved imports to all sides, so they don't conflict. If conflicts remain, also formats the sides.
 * @param {Since} since @param {string} path @param {Record<'base' | 'current' | 'patched', string>} texts
 */
function merge({ root, layout, rename }, path, { base, current, patched }) {
  /** @param {string} text */
  const carried = (text) => rename(rewrite(path, text, layout).text)
  const plain = threeWay({ base: carried(base), current, patched: carried(patched) })
  if (plain.conflicts === undefined) return plain
  const target = layout.newPathOf(path)
  /** @param {string} text */
  const tidy = (text) => formatted(root, target, carried(text))
  const second = threeWay({ base: tidy(base), current, patched: tidy(patched) })
  return second.conflicts === undefined ? second : plain
}

/** @param {Record<'base' | 'current' | 'patched', string>} texts @returns {{ text: string, conflicts?: string }} */
function threeWay(texts) {
  return inTemporaryFolder((folder) => {
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(folder, name), text)
    const labels = ['working tree', 'base', 'patch'].flatMap((label) => ['-L', label])
    const words = ['merge-file', '-p', '--diff3', ...labels, 'current', 'base', 'patched']
    const { status, stdout } = spawnSync('git', words, { cwd: folder, encoding: 'utf8', maxBuffer: 2 ** 26 })
    if (status === 0) return { text: stdout }
    return { text: stdout, conflicts: stdout.match(/^<{7} [^]*?^>{7} .*$/gm)?.join('\n') ?? 'git merge-file failed' }
  })
}

/** @param {import('./patch-text.mjs').PatchText} form @param {readonly Merged[]} files */
function written(form, files) {
  return inTemporaryFolder((folder) => {
    for (const { path, current, text } of files) {
      write(join(folder, 'a', path), current)
      write(join(folder, 'b', path), text)
    }
    const words = ['diff', '--no-index', '--no-prefix', '--no-color', '--no-ext-diff', '--no-renames', `-U${form.context}`, 'a', 'b']
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1', GIT_CEILING_DIRECTORIES: dirname(folder) }
    const { stdout } = spawnSync('git', words, { cwd: folder, encoding: 'utf8', env, maxBuffer: 2 ** 26 })
    return compose(form, stdout)
  })
}

/** Whether `git apply` turns the working tree's files into the merged text. @param {string} patch @param {readonly Merged[]} files */
function fits(patch, files) {
  return inTemporaryFolder((folder) => {
    for (const { path, current } of files) write(join(folder, path), current)
    write(join(folder, 'the.patch'), patch)
    try {
      applyPatch(folder, 'the.patch')
    } catch {
      return false
    }
    return files.every(({ path, text }) => readFileSync(join(folder, path), 'utf8') === text)
  })
}

/**
 * Whether a patch applies to the working tree. An offset means that its line numbers are out of date.
 * @param {string} root @param {string} patch @returns {'exactly' | 'with an offset' | 'not'}
 */
export function applies(root, patch) {
  const { status, stderr } = spawnSync('git', ['apply', '--check', '--verbose', patch], { cwd: root, encoding: 'utf8' })
  return status !== 0 ? 'not' : /\(offset -?\d+ lines?\)/.test(stderr) ? 'with an offset' : 'exactly'
}

/** @param {string} file @param {string} text */
function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
