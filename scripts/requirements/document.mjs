// The catalogue as a document.
import { groups } from './ids.mjs'

/** @typedef {import('./complaints.mjs').Entry} Entry */
/** @typedef {import('./ids.mjs').Group} Group */

/** @param {readonly Entry[]} entries */
export function documentOf(entries) {
  const byId = new Map(entries.map((entry) => [entry.id, entry]))
  /** @param {Group} group */
  const of = ({ ids }) => ids.flatMap((id) => byId.get(id) ?? [])
  const lines = [
    '# Requirements',
    '',
    'What is asked of the library, by what others have learnt, and which test goes red when it is broken. Generated from',
    '[requirements.json](requirements.json) by `npm run requirements`; a unit test fails when a test that is named is not there. `lab:` is a',
    'scenario that is played on a real kernel (`npm run test:lab -- NAME`) and over FakeHost. [Mutations](mutations.md) break the library on purpose',
    'and show that these tests see it.',
    '',
    'Ids: `P` promises of attaching by sysfs, `OB-R` defects of os-brick, `OB-A` to `OB-L` cases of its tests, `PE-R` complaints about other',
    'tools, `PE-S` situations taken from them.',
    '',
    "| group | requirements | tested | not yet | outside, superseded, or not part of Brickwork's interface |",
    '| --- | ---: | ---: | ---: | ---: |',
    ...[...groups.map((group) => countsOf(group.title, of(group))), countsOf('**all**', entries)],
    '',
    ...groups.flatMap((group) => [`## ${headingOf(group)}`, '', ...tableOf(of(group)), '']),
  ]
  return lines.join('\n')
}

/** @param {Entry} entry */
const isLater = ({ reason }) => reason?.startsWith('not yet') === true
/** @param {string} title @param {readonly Entry[]} entries */
function countsOf(title, entries) {
  const tested = entries.filter(({ tests }) => tests !== undefined).length
  const later = entries.filter(isLater).length
  return `| ${title} | ${entries.length} | ${tested} | ${later} | ${entries.length - tested - later} |`
}
/** @param {Group} group */
const headingOf = ({ title, ids }) => `${title} (${ids[0] ?? ''} to ${ids.at(-1) ?? ''})`

/** @param {readonly Entry[]} entries */
function tableOf(entries) {
  return ['| id | requirement | connectors | shown by, or why not |', '| --- | --- | --- | --- |', ...entries.map(rowOf)]
}
/** @param {Entry} entry */
function rowOf({ id, requirement, connectors, tests, reason }) {
  const shown = tests === undefined ? `*${cell(reason ?? '')}*` : tests.map((test) => cell(test)).join('<br>')
  return `| ${id} | ${cell(requirement)} | ${connectors.join(', ')} | ${shown} |`
}
/** @param {string} text */
const cell = (text) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
