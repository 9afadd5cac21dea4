/**
 * Reads a part of sysfs with node:fs, for hosts without the native part. It gives the same trees as native/core/tree_reader.cc, more slowly:
 * each file takes a job of libuv's four threads. The native part has threads of its own for files that hang.
 */
import { constants } from 'node:fs'
import { lstat, readdir, readFile, readlink, stat } from 'node:fs/promises'
import { basename } from 'node:path'

import { matchesPattern, type PlainAttribute, type PlainChild, PlainTree } from '../core/plain-tree.js'
import type { PlanChild, PlanCondition, PlanNode, Tree } from '../core/tree.js'
import { errnoOf, systemError } from './errors.js'
import { inTurn } from './in-turn.js'

/** The largest file that is read together with others, in bytes (native/core/small_file.h). */
const LARGEST = 64 * 1024
/** Without O_NONBLOCK, opening a FIFO that stands in for a file would block a thread. */
const READ = constants.O_RDONLY | constants.O_NONBLOCK
/** The object does not exist any more (native/core/sys_error.h). */
const absences: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ENODEV', 'ENOTDIR', 'ESRCH'])
/** Directories that are read at the same time. */
const AT_ONCE = 4

/** @param root path of this process */
export async function walkTree(root: string, plan: PlanNode, signal: AbortSignal): Promise<Tree> {
  const name = basename(root)
  const isThere = await isDirectory(root, true)
  return isThere ? await readDirectory(root, undefined, name, plan, signal) : new PlainTree(name, new Map(), new Map(), [])
}

/** @param entry the path through which the directory was entered */
async function readDirectory(path: string, entry: string | undefined, name: string, plan: PlanNode, signal: AbortSignal): Promise<Tree> {
  signal.throwIfAborted()
  const attributes = await found(plan.attributes ?? [], (each) => readAttribute(`${path}/${each}`))
  const links = await found(plan.links ?? [], (each) => targetOf(each === '.' ? entry : `${path}/${each}`))
  const visits = await visitsOf(path, plan.children ?? [])
  const children = await inTurn(visits, AT_ONCE, (visit) => readChild(path, visit, signal))
  return new PlainTree(
    name,
    attributes,
    links,
    children.filter((child) => child !== undefined),
  )
}

async function targetOf(link: string | undefined): Promise<string | undefined> {
  return link === undefined ? undefined : await readlink(link).catch(() => undefined)
}
/** Those of the names that have a value. */
async function found<T>(names: readonly string[], read: (name: string) => Promise<T | undefined>): Promise<ReadonlyMap<string, T>> {
  const values = await Promise.all(names.map(async (name) => [name, await read(name)] as const))
  return new Map(values.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])))
}

async function readAttribute(path: string): Promise<PlainAttribute | undefined> {
  try {
    const bytes = await readFile(path, { flag: READ })
    // A file that is too large is an error: it is never cut off silently.
    return bytes.length > LARGEST ? { errno: 'EFBIG' } : { bytes }
  } catch (error) {
    const errno = errnoOf(error)
    if (absences.has(errno)) return undefined
    if (errno === undefined) throw error
    return { errno }
  }
}

interface Visit {
  readonly name: string
  readonly child: PlanChild
}

/** The entries to enter, sorted by name, each with the first pattern that it matches. */
async function visitsOf(path: string, children: readonly PlanChild[]): Promise<Visit[]> {
  if (children.length === 0) return []
  const mustList = children.some(({ pattern, names }) => names === undefined && pattern.includes('*'))
  const visits = mustList
    ? await listed(path, children)
    : children.flatMap((child) => (child.names ?? [child.pattern]).map((name) => ({ name, child })))
  const first = new Map<string, Visit>()
  for (const visit of visits) if (!first.has(visit.name)) first.set(visit.name, visit)
  return [...first.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
}
async function listed(path: string, children: readonly PlanChild[]): Promise<Visit[]> {
  const visits: Visit[] = []
  try {
    for (const entry of await readdir(path, { withFileTypes: true })) {
      if (!entry.isDirectory() && !entry.isSymbolicLink()) continue
      const child = children.find(({ pattern, names }) => names?.includes(entry.name) ?? matchesPattern(pattern, entry.name))
      if (child !== undefined && (entry.isDirectory() || child.follow === true)) visits.push({ name: entry.name, child })
    }
  } catch (error) {
    if (!absences.has(errnoOf(error))) throw systemError(error, path)
  }
  return visits
}

async function readChild(parent: string, { name, child }: Visit, signal: AbortSignal): Promise<PlainChild | undefined> {
  const path = `${parent}/${name}`
  if (!(await isDirectory(path, child.follow === true))) return undefined
  if (child.where !== undefined && !(await isTrue(path, child.where))) return undefined
  return { pattern: child.pattern, tree: await readDirectory(path, path, name, child.node, signal) }
}
/** A link that may not be followed is no directory of the tree. */
async function isDirectory(path: string, follow: boolean): Promise<boolean> {
  try {
    return (await (follow ? stat(path) : lstat(path))).isDirectory()
  } catch (error) {
    const errno = errnoOf(error)
    if (absences.has(errno) || errno === 'ELOOP') return false
    throw systemError(error, path)
  }
}
async function isTrue(path: string, { attribute, among }: PlanCondition): Promise<boolean> {
  const read = await readAttribute(`${path}/${attribute}`)
  if (read === undefined) return false
  return 'errno' in read || among.includes(Buffer.from(read.bytes).toString('utf8').replace(/\n$/, ''))
}
