/**
 * Writes `test/fixtures/schema-1` with a library that writes schema 1. A library that writes a later schema fails here and changes nothing,
 * because the committed files are final. This script stays as the record of their origin.
 *
 *     npx tsc -p tsconfig.test.json --noEmit false --outDir build/schema-1
 *     node build/schema-1/test/fake/schema-1/write.js
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crashPoints, groupOf } from './write-crashes.js'
import type { HostState, StateGroup } from './host-state.js'
import { attachedState, pendingStates, scanState } from './write-quiet.js'
import { ATTACHED } from './stages.js'

const OUTPUT = 'test/fixtures/schema-1'
const CRASHED = ['one-path', 'multipathd-map', 'direct-map']

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
const json = (value: unknown) => `${format(value, '')}\n`
const LINE = 200
/** Like `JSON.stringify` with an indent, but puts values that fit on one line. */
function format(value: unknown, indent: string): string {
  const whole = JSON.stringify(value)
  if (typeof value !== 'object' || value === null || whole.length + indent.length <= LINE) return whole
  const inner = `${indent} `
  const parts = Array.isArray(value)
    ? value.map((each) => format(each, inner))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${format(each, inner)}`)
  const [open, close] = Array.isArray(value) ? '[]' : '{}'
  return `${open ?? ''}\n${parts.map((part) => `${inner}${part}`).join(',\n')}\n${indent}${close ?? ''}`
}

/** Files of the library become files, byte for byte. Node records go into `host.json`: not every file system accepts their names. */
function writeState({ name, ...state }: HostState): void {
  const files = Object.entries(state.facts.files)
  for (const [path, text] of files) if (isOurs(path)) write(join(OUTPUT, name, 'files', path), text)
  const others = Object.fromEntries(files.filter(([path]) => !isOurs(path)))
  write(join(OUTPUT, name, 'host.json'), json({ ...state, facts: { ...state.facts, files: others } }))
}
const isOurs = (path: string) => path.startsWith('/var/lib/') || path.startsWith('/run/brickwork/')

function requireSchema1(states: readonly HostState[]): void {
  for (const { facts } of states)
    for (const [path, text] of Object.entries(facts.files))
      if (path.endsWith('.json') && !text.includes('"schema": 1,'))
        throw new Error(`This library does not write schema 1: ${path} is ${text}`)
}

/** Entries contain the process id of their writer. A fixed one makes two runs write the same bytes. */
const PID = 4711

async function main(): Promise<void> {
  Object.defineProperty(process, 'pid', { value: PID })
  const quiet: HostState[] = []
  for (const name of Object.keys(ATTACHED)) quiet.push(await attachedState(name))
  quiet.push(...(await pendingStates()), await scanState())
  requireSchema1(quiet)
  const groups: [string, StateGroup][] = []
  for (const stage of CRASHED) {
    for (const verb of ['attach', 'detach'] as const) {
      const { states, points } = await crashPoints(stage, verb)
      requireSchema1(states.map(({ state }) => state))
      groups.push([`crash-${verb}-${stage}`, groupOf(states)])
      console.log(`${verb} of ${stage}: ${points} crash points, ${states.length} states`)
    }
  }
  rmSync(OUTPUT, { recursive: true, force: true })
  for (const state of quiet) writeState(state)
  for (const [name, group] of groups) write(join(OUTPUT, `${name}.json`), json(group))
}

await main()
