// One patch, written anew for the working tree: what it changed at an earlier commit is merged with what the files have become.
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
  const merged = []
  for (const { path, base, patched } of changes) {
    const target = since.layout.newPathOf(path)
    if (!existsSync(join(since.root, target))) return { problem: `${path} is gone, and no table says where to` }
    const current = readFileSync(join(since.root, target), 'utf8')
    const { text, conflicts } = merge(since, path, { base, current, patched })
    if (conflicts !== undefined) return { problem: `${target}:\n${conflicts}` }
    merged.push({ path: target, current, text })
  }
  if (merged.every(({ current, text }) => current === text))
    return { problem: 'nothing is left of it: the files are as it would make them' }
  const text = written({ ...parse(before), header: parse(now).header }, merged)
  return fits(text, merged) ? { text, same: fits(now, merged) } : { problem: 'what was merged does not apply to the working tree' }
}

/** `undefined`: the patch does not apply. */
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

/** Renamed words and moved imports are no changes to merge; line breaks that follow from them are none either, when that is needed. */
function merge({ root, layout, rename }, path, { base, current, patched }) {
  const carried = (text) => rename(rewrite(path, text, layout).text)
  const plain = threeWay({ base: carried(base), current, patched: carried(patched) })
  if (plain.conflicts === undefined) return plain
  const target = layout.newPathOf(path)
  const tidy = (text) => formatted(root, target, carried(text))
  const second = threeWay({ base: tidy(base), current, patched: tidy(patched) })
  return second.conflicts === undefined ? second : plain
}

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

/** Whether `git apply` turns the working tree's files into what was merged. */
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
 * Whether a patch applies to the working tree; with an offset its line numbers are those of an earlier time.
 * @param {string} root @param {string} patch @returns {'exactly' | 'with an offset' | 'not'}
 */
export function applies(root, patch) {
  const { status, stderr } = spawnSync('git', ['apply', '--check', '--verbose', patch], { cwd: root, encoding: 'utf8' })
  return status !== 0 ? 'not' : /\(offset -?\d+ lines?\)/.test(stderr) ? 'with an offset' : 'exactly'
}

function write(file, text) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
}
