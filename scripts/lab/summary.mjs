// What people read of a run of the lab's scenarios in one distribution: docs/scenarios (`npm run test:lab -- --summary FILE`).
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { differences, readOutcomes } from './results.mjs'
import { packageVersions } from './root.mjs'

/** @typedef {'the same' | 'differs' | 'not compared' | 'real only'} Twin */
/** @typedef {{ scenario: import('../../test/lab/scenario.js').Scenario, ok: boolean, twin: Twin }} Row */
/** One run. @typedef {{ real: import('./results.mjs').Outcome[], twins: import('./results.mjs').Outcome[] }} Played */

const RELEASES = { bookworm: 'Debian 12', trixie: 'Debian 13' }
/** What the scenarios depend on. */
const PROGRAMS = ['open-iscsi', 'multipath-tools', 'udev', 'systemd', 'nvme-cli', 'lvm2']

/** Of a scenario before which the guest could not be put in order (test/lab/main.ts). */
const UNPLAYED = 'not played: '

/** @param {string} root the guest's folder @param {string} kernel its version */
export function versionsOf(root, kernel) {
  return [`Linux ${kernel}`, ...packageVersions(root, PROGRAMS)]
}

/** Runs that were kept (`--keep FOLDER`), in their order. @param {string} folder @returns {Played[]} */
export function keptRuns(folder) {
  const runs = readdirSync(folder).map((name) => join(folder, name))
  const files = (run) => readdirSync(run).filter((name) => name.endsWith('.json'))
  return runs
    .sort((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs)
    .map((run) => ({
      real: files(run).flatMap((name) => (name === 'twins.json' ? [] : readOutcomes(join(run, name)))),
      twins: readOutcomes(join(run, 'twins.json')),
    }))
}

/**
 * @param {string} distribution @param {string[]} versions
 * @param {import('../../test/lab/scenario.js').Scenario[]} scenarios in the order in which they are played @param {Played[]} runs
 */
export function summaryOf(distribution, versions, scenarios, runs) {
  const rows = scenarios.flatMap((scenario) => rowOf(scenario, runs))
  const missing = scenarios.filter((each) => !rows.some(({ scenario }) => scenario === each))
  const failed = rows.filter(({ ok, twin }) => !ok || twin === 'differs')
  const compared = rows.filter(({ twin }) => twin === 'the same').length
  const alone = rows.filter(({ twin }) => twin === 'real only').length
  const count = rows.filter(({ ok }) => ok).length
  const release = RELEASES[distribution] ?? distribution
  return `# The scenarios in ${release}

Written by a run of

\`\`\`sh
npm run test:lab -- --distribution ${distribution} --summary docs/scenarios/${release.toLowerCase().replace(' ', '-')}.md
\`\`\`

which plays every scenario of [the lab](../../scripts/lab/README.md) but the long ones in a guest with ${release}, then its
twin over FakeHost, and compares what both have noted, the journals and what is left on the host. \`npm run test:full\` does it for each
distribution and plays the long ones; \`npm test\` plays [some of each family](../../test/lab/scenarios/brief.ts) in Debian 12. A run of single scenarios
writes no summary.

## The guest

${versions.map((each) => `- ${each}`).join('\n')}

The packages are those of the day on which the guest was made, as Debian ships and configures them.

## The run

Of ${new Date().toISOString().slice(0, 10)}: ${rows.length} scenarios${runs.length === 1 ? '' : ` in ${runs.length} runs, of which the last counts that played a scenario`}: ${count} passed in the guest, ${rows.length - count} failed. ${compared} came to the same over FakeHost, ${alone} are for a real kernel only${
    failed.length === 0 ? '' : `.\nNot as they should be: ${failed.map(({ scenario: { name } }) => `\`${name}\``).join(', ')}`
  }.
${missing.length === 0 ? '' : `\nNot played yet: ${missing.map(({ name }) => `\`${name}\``).join(', ')}.\n`}
| scenario | what is promised | in the guest | over FakeHost |
| --- | --- | --- | --- |
${rows.map(line).join('\n')}
`
}

/** None for a scenario that was not played. @returns {Row[]} */
function rowOf(scenario, runs) {
  const { name, afterReboot, only } = scenario
  const last = runs.findLast(({ real }) => real.some((each) => each.name === name && !each.failure?.startsWith(UNPLAYED)))
  if (last === undefined) return []
  const phases = afterReboot === undefined ? ['run'] : ['run', 'afterReboot']
  const of = (outcomes, phase) => outcomes.find((each) => each.name === name && each.phase === phase)
  const ok = phases.every((phase) => of(last.real, phase)?.ok)
  const alike = (phase) => {
    const twin = of(last.twins, phase)
    return twin?.ok === true && differences(of(last.real, phase), twin).length === 0
  }
  const played = phases.every((phase) => of(last.twins, phase) !== undefined)
  const twin = only === 'real' ? 'real only' : !ok || !played ? 'not compared' : phases.every(alike) ? 'the same' : 'differs'
  return [{ scenario, ok, twin }]
}

function line({ scenario: { name, title, init, peer, afterReboot }, ok, twin }) {
  const where = [init === 'systemd' ? 'under systemd' : undefined, peer && `beside ${peer}`, afterReboot && 'and after a reboot']
  const words = [ok ? 'passed' : 'FAILED', ...where.filter(Boolean)].join(', ')
  return `| \`${name}\` | ${title.replaceAll('|', '\\|')} | ${words} | ${twin === 'real only' ? '' : twin} |`
}
