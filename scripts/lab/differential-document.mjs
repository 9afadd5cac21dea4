// What people read of a run of the differential scenarios: a table, and docs/differential.md.

/** @typedef {{ what: string, value: unknown, said?: string }} Seen */
/** @typedef {{ what: string, osBrick: string, brickwork: string, reason: string }} Difference */
/** @typedef {{ title: string, observations: [Seen[], Seen[]], differences: Difference[] }} Compared */

export const PREFIX = 'differential-'

/** @param {import('./results.mjs').Outcome[]} outcomes @returns {{ name: string, ok: boolean, compared?: Compared }[]} */
const rowsOf = (outcomes) =>
  outcomes
    .filter(({ name }) => name.startsWith(PREFIX))
    .map(({ name, ok, noted }) => ({
      name: name.slice(PREFIX.length),
      ok,
      compared: noted.find(({ what }) => what === 'differential')?.value,
    }))

/** One line for each situation, below it what differs. @param {import('./results.mjs').Outcome[]} outcomes */
export function tableOf(outcomes) {
  return rowsOf(outcomes)
    .flatMap(({ name, ok, compared }) => [
      `${ok ? 'ok  ' : 'FAIL'} ${name.padEnd(26)} ${compared === undefined ? 'did not come to its end' : sumOf(compared)}`,
      ...(compared?.differences ?? []).map(({ what, osBrick, brickwork, reason }) =>
        [`       ${what}`, `         os-brick:  ${osBrick}`, `         Brickwork: ${brickwork}`, `         ${reason}`].join('\n'),
      ),
    ])
    .join('\n')
}

/** @param {import('./results.mjs').Outcome[]} outcomes @param {string} versions */
export function documentOf(outcomes, versions) {
  const rows = rowsOf(outcomes)
  const equal = rows.filter(({ compared }) => compared?.differences.length === 0).length
  return `${HEAD}
## The run

${versions}. ${rows.length} situations: in ${equal} of them both came to the same, in ${rows.length - equal} they differ as it is told below. In none was more
left by Brickwork than by os-brick.

| situation | | the same | different |
| --- | --- | --- | --- |
${rows.map(summaryRow).join('\n')}

## Where they differ, and why

${rows
  .filter(({ compared }) => compared?.differences.length)
  .map(section)
  .join('\n\n')}
`
}

/** os-brick's part of it, a line for each look. @param {import('./results.mjs').Outcome[]} outcomes */
export function recordedOf(outcomes) {
  const entry = ({ name, compared }) =>
    `${JSON.stringify(name)}: [\n${compared.observations[0].map((seen) => `  ${JSON.stringify(seen)}`).join(',\n')}\n]`
  return `{\n${rowsOf(outcomes).map(entry).join(',\n')}\n}\n`
}

const HEAD = `# os-brick and Brickwork in the same situations

Written by \`npm run differential\`; changes belong into \`test/lab/differential\`.

Each situation is set up twice in one guest of [the lab](../scripts/lab/README.md), and played first by os-brick, then by Brickwork: the same
\`connection_info\`, the same storage, the same kernel and daemons. After each call the host is looked at by other means than theirs
(sysfs, device-mapper, open-iscsi's database). Compared are the device info, whether a call fails, what is read from the device, and
all sessions, node records, disks, maps and discovery records. A difference that is not declared in the situation fails the test, and so does a declared one that
does not occur. After a detach and after a failed attach nothing may be left by Brickwork that os-brick does not leave.

- os-brick is Debian's package as it is. It runs as root in one process (privsep in client mode off), with one scan attempt. Its records get
  shorter times than as shipped, so that a dead portal costs it seconds and not two minutes: \`login_timeout\` 5 s, twice; \`replacement_timeout\`
  10 s.
- Brickwork is called as an adapter for Cinder's callers would: \`fromCinder()\`, \`attach\`, \`toCinderDeviceInfo()\`, \`detach({ connection })\`,
  \`resize({ connection })\`. \`use_multipath\` is \`multipath: 'prefer'\`, with \`enforce_multipath\` \`'require'\`, without both \`'never'\`. With
  \`ignore_errors\` and \`force\` the adapter says nothing of errors.
- How a failure is called is told and not compared.
`

function summaryRow({ name, compared }) {
  const different = compared.differences.map(({ what }) => what)
  const [theirs, ours] = compared.observations
  const same = ours.filter(({ what }) => !what.startsWith('host ') && !different.includes(what))
  const words = same.map(
    (seen) =>
      `${seen.what}${failures(
        theirs.find(({ what }) => what === seen.what),
        seen,
      )}`,
  )
  return `| \`${name}\` | ${cell(compared.title)} | ${cell(words.join('; '))} | ${different.length === 0 ? '' : `[${different.length}](#${name})`} |`
}
function failures(theirs, ours) {
  return ours.said === undefined ? '' : ` fails (${theirs?.said}, ${ours.said})`
}
function section({ name, compared }) {
  const rows = compared.differences.map(
    ({ what, osBrick, brickwork, reason }) => `| ${cell(what)} | ${cell(osBrick)} | ${cell(brickwork)} | ${cell(reason)} |`,
  )
  return `### ${name}\n\n${compared.title}\n\n| | os-brick | Brickwork | why |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
}
const sumOf = ({ differences }) => (differences.length === 0 ? 'the same' : `${differences.length} differences`)
const cell = (text) => shortened(text).replaceAll('|', '\\|')
/** Names that every situation has. */
const shortened = (text) =>
  text.replaceAll('iqn.2024-01.org.example:', '').replace(/\b3[0-9a-f]{32}\b/g, (wwid) => `${wwid.slice(0, 9)}…${wwid.slice(-4)}`)
