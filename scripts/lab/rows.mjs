// The results of a run of scenarios, one row each: `npm run test:lab -- --result FILE`.
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { differences, readOutcomes } from './results.mjs'
import { packageVersions } from './root.mjs'

/** @typedef {import('../../test/play/scenario.js').Scenario} Scenario */
/** @typedef {import('./results.mjs').Outcome} Outcome */
/** @typedef {'the same' | 'differs' | 'not compared' | 'real only'} Twin */
/** @typedef {{ scenario: string, title: string, where?: string, guest: 'passed' | 'failed' | 'not played', twin: Twin }} Row where: if not in the usual guest */
/** One run. @typedef {{ real: readonly Outcome[], twins: readonly Outcome[] }} Played */
/** The content of the file of `--result`. @typedef {{ seed: number, guest: readonly string[], rows: readonly Row[] }} LabResult */

/** Packages that the scenarios depend on. */
const PROGRAMS = ['open-iscsi', 'multipath-tools', 'udev', 'systemd', 'nvme-cli', 'lvm2']

/** @param {string} root the guest's folder @param {string} kernel its version */
export const versionsOf = (root, kernel) => [`Linux ${kernel}`, ...packageVersions(root, PROGRAMS)]

/** Kept runs (`--keep FOLDER`), in order. @param {string} folder @returns {Played[]} */
export function keptRuns(folder) {
  const runs = readdirSync(folder).map((name) => join(folder, name))
  /** @param {string} run */
  const files = (run) => readdirSync(run).filter((name) => name.endsWith('.json'))
  return runs
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .map((run) => ({
      real: files(run).flatMap((name) => (name === 'twins.json' ? [] : readOutcomes(join(run, name)))),
      twins: readOutcomes(join(run, 'twins.json')),
    }))
}

/** @param {Scenario} scenario @param {Played} played @returns {Row} */
export function rowOf({ name, title, init, peer, afterReboot, only }, { real, twins }) {
  const phases = afterReboot === undefined ? ['run'] : ['run', 'afterReboot']
  /** @param {readonly Outcome[]} outcomes @param {string} phase */
  const of = (outcomes, phase) => outcomes.find((each) => each.name === name && each.phase === phase)
  const isPlayed = real.some((each) => each.name === name)
  const ok = phases.every((phase) => of(real, phase)?.ok)
  const hasTwin = phases.every((phase) => of(twins, phase) !== undefined)
  const isSame = phases.every((phase) => {
    const [outcome, twin] = [of(real, phase), of(twins, phase)]
    return outcome !== undefined && twin?.ok === true && differences(outcome, twin).length === 0
  })
  const where = [init === 'systemd' && 'under systemd', peer && `beside ${peer}`, afterReboot && 'and after a reboot'].filter(Boolean)
  return {
    scenario: name,
    title,
    ...(where.length === 0 ? {} : { where: where.join(', ') }),
    guest: ok ? 'passed' : isPlayed ? 'failed' : 'not played',
    twin: only === 'real' ? 'real only' : !ok || !hasTwin ? 'not compared' : isSame ? 'the same' : 'differs',
  }
}
