// A counter-example: the steps of the processes, by the labels of the model, and the property that fails at its end.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** @typedef {import('./runs.mjs').Property} Property */

const STEP = /^ *\d+:\tproc +(\d+) \((\w+):1\) \S*?(\w+\.pml):(\d+) \(state \d+\)\t\[(.*)\]$/
const ASSERTION = /^spin: \S*?(\w+\.pml):(\d+), Error: assertion violated/m

/** @param {string} folder of the model @param {string} output of `spin -t -p` @returns {readonly string[]} */
export function stepsIn(folder, output) {
  const labels = labelsOf(folder)
  /** @type {string[]} */
  const steps = []
  for (const line of output.split('\n')) {
    const [, pid = '', who = '', file = '', at = '', act = ''] = STEP.exec(line) ?? []
    const label = labels(file, Number(at))
    const step = who === 'Agent' ? (label === '' ? '' : `agent ${Number(pid) - 1}: ${label}`) : changeIn(who, act)
    if (step !== '' && step !== steps.at(-1)) steps.push(step)
  }
  return steps
}
/** What the host or fate has changed that a reader needs to know. @param {string} who @param {string} act */
function changeIn(who, act) {
  const change = /^(ses|up|busy|daemon|closing|window\[\d\]|dead\[\d\]|disk\[\d\]) = (.*)$/.exec(act)
  return change === null || who === ':init:' ? '' : `${who.toLowerCase()}: ${act}`
}

/** @param {string} folder @returns {(file: string, line: number) => string} the label above a line of an agent's file */
function labelsOf(folder) {
  /** @type {Map<string, readonly string[]>} */
  const known = new Map()
  return (file, line) => {
    if (file === '' || file === 'steps.pml') return ''
    const lines = known.get(file) ?? readFileSync(join(folder, file), 'utf8').split('\n')
    known.set(file, lines)
    const above = lines.slice(0, line).findLast((each) => /^\w+: \/\*/.test(each))
    return above?.split(':')[0] ?? ''
  }
}

/** @param {string} folder @param {string} output of `spin -t -p` @returns {Property} */
export function brokenIn(folder, output) {
  const [, file = '', at = ''] = ASSERTION.exec(output) ?? []
  if (file === '') return 'no-deadlock'
  const lines = readFileSync(join(folder, file), 'utf8').split('\n').slice(0, Number(at))
  if (lines.at(-1)?.includes('stillOwned') === true) return 'owned'
  const named = lines.findLast((line) => line.includes('Property '))
  return /** @type {Property} */ (/Property ([\w-]+):/.exec(named ?? '')?.[1] ?? 'owned')
}
