/** Reads the committed states: some have a directory of their own, crash states share files. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostState, StateGroup } from './host-state.js'

const DIRECTORY = join(import.meta.dirname, '../../fixtures/schema-1')

const readJson = (path: string): unknown => JSON.parse(readFileSync(path, 'utf8'))

/** States in which the library's process has ended. */
export function quietStates(): HostState[] {
  const names = readdirSync(DIRECTORY, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return names.map(({ name }) => {
    const state = readJson(join(DIRECTORY, name, 'host.json')) as HostState
    return { ...state, name, facts: { ...state.facts, files: { ...state.facts.files, ...filesBelow(join(DIRECTORY, name, 'files')) } } }
  })
}
/** Names of the groups of crash states: `crash-attach-one-path`. */
export function crashGroups(): string[] {
  return readdirSync(DIRECTORY).flatMap((name) => (name.endsWith('.json') ? [name.slice(0, -'.json'.length)] : []))
}
export function crashStates(group: string): HostState[] {
  const { common, texts, states } = readJson(join(DIRECTORY, `${group}.json`)) as StateGroup
  return states.map((state, index) => {
    const files = Object.entries(state.facts.files).map(([path, at]) => [path, texts[at] ?? ''] as const)
    return {
      ...common,
      ...state,
      name: `${group} ${index + 1}: ${state.about}`,
      facts: { ...state.facts, files: Object.fromEntries(files) },
    }
  })
}

function filesBelow(directory: string): Record<string, string> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  const paths = entries.map(({ parentPath, name }) => join(parentPath, name)).sort()
  return Object.fromEntries(paths.map((path) => [path.slice(directory.length), readFileSync(path, 'utf8')]))
}
