// The pages of docs/evidence, made from the results alone.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readResult } from './results.mjs'

/** @typedef {import('./results.mjs').Result} Result */
/** @typedef {import('../lab/rows.mjs').Row} Row */
/** @typedef {{ title: string, what: string, group: string }} Page of the parts of one group */

export const PAGES = 'docs/evidence'

/** @type {readonly Page[]} */
const GROUPS = [
  { group: 'debian-12', title: 'The scenarios in Debian 12', what: 'Every scenario but the long ones' },
  { group: 'debian-13', title: 'The scenarios in Debian 13', what: 'Every scenario but the long ones' },
  { group: 'long', title: 'The long scenarios in Debian 12', what: 'More kills, more agents, more volumes' },
]

/** @param {string} root the checkout @param {readonly { readonly name: string }[]} parts in the order of the pages */
export function writePages(root, parts) {
  mkdirSync(join(root, PAGES), { recursive: true })
  for (const [name, text] of pagesOf(parts.flatMap(({ name }) => readResult(root, name) ?? [])))
    writeFileSync(join(root, PAGES, name), text)
}

/** @param {readonly Result[]} results @returns {ReadonlyMap<string, string>} by file name */
export function pagesOf(results) {
  return new Map([
    ['README.md', overviewOf(results)],
    ...GROUPS.map((page) => /** @type {const} */ ([`${page.group}.md`, pageOf(page, results)])),
  ])
}

/** @param {readonly Result[]} results */
function overviewOf(results) {
  return `# Recorded results

\`npm run test:full\` writes these pages: one row for each part, of its last run. Changes belong into \`scripts/evidence\`.

- **tree** is a hash of the files that the part depends on: the library, the lab, and its own scenarios. Documents, comments and types don't count.
- A part that passed is skipped until its tree changes. \`npm run evidence\` lists the results that are older than the code.

| part | day | tree | passed | failed | skipped | minutes |
| --- | --- | --- | ---: | ---: | ---: | ---: |
${results.map(overviewRow).join('\n')}

The scenarios of each part: ${GROUPS.map(({ group, title }) => `[${title}](${group}.md)`).join(' · ')}.
`
}

/** @param {Result} result */
function overviewRow({ part, on, tree, passed, failed, skipped, minutes }) {
  const hash = tree === '' ? 'not recorded' : `\`${tree}\``
  return `| \`${part}\` | ${on} | ${hash} | ${passed} | ${failed === 0 ? 0 : `**${failed}**`} | ${skipped} | ${minutes ?? ''} |`
}

/** @param {Page} page @param {readonly Result[]} results */
function pageOf({ group, title, what }, results) {
  const ours = results.filter(({ part }) => part.startsWith(`${group}/`))
  const rows = ours.flatMap((result) => result.rows ?? [])
  return `# ${title}

\`npm run test:full -- ${group}\` writes this page; changes belong into \`scripts/evidence\`. ${what}: each is played in a guest of
[the lab](../../scripts/lab/README.md), then over FakeHost (its twin). Compared are the notes of both, the journals, and what is left on the host.

${rows.length === 0 ? 'No part has a result yet.\n' : tablesOf(ours, rows)}`
}

/** @param {readonly Result[]} ours @param {readonly Row[]} rows */
function tablesOf(ours, rows) {
  const guests = [...new Set(ours.map(({ guest = [] }) => guest.join('\n- ')))]
  return `${sumOf(rows)}
${guests.map((guest) => `\nThe guest, with the packages as Debian ships and configures them:\n\n- ${guest}\n`).join('')}
| scenario | promise | in the guest | over FakeHost |
| --- | --- | --- | --- |
${ours.map(sectionOf).join('\n')}
`
}

/** @param {readonly Row[]} rows */
function sumOf(rows) {
  /** @param {(row: Row) => boolean} is */
  const count = (is) => rows.filter(is).length
  const bad = rows.filter(({ guest, twin }) => guest !== 'passed' || twin === 'differs').map(({ scenario }) => `\`${scenario}\``)
  return [
    `${rows.length} scenarios: ${count(({ guest }) => guest === 'passed')} passed in the guest, ${count(({ guest }) => guest !== 'passed')} did not.`,
    `${count(({ twin }) => twin === 'the same')} are the same over FakeHost, ${count(({ twin }) => twin === 'real only')} need a real kernel.`,
    ...(bad.length === 0 ? [] : [`Not as they should be: ${bad.join(', ')}.`]),
  ].join('\n')
}

/** @param {Result} result */
function sectionOf({ part, on, rows = [] }) {
  return [`| **${part.split('/').at(-1) ?? ''}**, ${on} | | | |`, ...rows.map(lineOf)].join('\n')
}
/** @param {Row} row */
function lineOf({ scenario, title, where, guest, twin }) {
  const words = [guest === 'passed' ? guest : guest.toUpperCase(), ...(where === undefined ? [] : [where])].join(', ')
  return `| \`${scenario}\` | ${title.replaceAll('|', '\\|')} | ${words} | ${twin === 'real only' ? '' : twin} |`
}
