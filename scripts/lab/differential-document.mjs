// The readable results of the differential scenarios: a table, and docs/evidence/differential.md.

/** @typedef {import('../../test/differential/player.js').Observation} Observation */
/** @typedef {import('../../test/differential/compare.js').Comparison} Comparison */
/** @typedef {readonly [osBrick: readonly Observation[], brickwork: readonly Observation[]]} Both */
/** @typedef {Comparison & { readonly name: string, readonly title: string, readonly both: Both }} Row */

/** One line for each situation, followed by its differences. @param {readonly Row[]} rows */
export function tableOf(rows) {
  /** @param {Comparison['differences'][number]} difference */
  const told = ({ what, osBrick, brickwork, reason }) => [
    `       ${what}`,
    `         os-brick:  ${osBrick}`,
    `         Brickwork: ${brickwork}`,
    `         ${reason}`,
  ]
  return rows
    .flatMap(({ name, differences, problems }) => [
      `${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(26)} ${differences.length === 0 ? 'the same' : `${differences.length} differences`}`,
      ...differences.flatMap(told),
      ...problems.map((problem) => `     ! ${problem}`),
    ])
    .join('\n')
}

/** @param {readonly Row[]} rows @param {string} versions @param {readonly string[]} missing not played */
export function documentOf(rows, versions, missing) {
  const different = rows.filter(({ differences }) => differences.length > 0)
  return `${HEAD}
## The run

${versions}. ${rows.length} situations: in ${rows.length - different.length} of them both came to the same, in ${different.length} they differ as listed below.
In none was anything left by Brickwork that os-brick did not leave.${missing.length === 0 ? '' : `\n\nNot played yet: ${missing.join(', ')}.`}

| situation | | what came to the same | different |
| --- | --- | --- | --- |
${rows.map(summaryRow).join('\n')}

## Where they differ, and why

${different.map(section).join('\n\n')}
`
}

/** os-brick's results, one line for each snapshot. @param {readonly Row[]} rows */
export function recordedOf(rows) {
  /** @param {Row} row */
  const entry = ({ name, both: [osBrick] }) =>
    `${JSON.stringify(name)}: [\n${osBrick.map((seen) => `  ${JSON.stringify(seen)}`).join(',\n')}\n]`
  return `{\n${rows.map(entry).join(',\n')}\n}\n`
}

const HEAD = `# os-brick and Brickwork in the same situations

Written by \`npm run differential\`; changes belong into \`test/differential\`.

Each situation is set up twice in one guest of [the lab](../../scripts/lab/README.md), and played first by os-brick, then by Brickwork: the same
\`connection_info\`, the same storage, the same kernel and daemons. After each call the host is looked at by other means than theirs
(sysfs, device-mapper, open-iscsi's database). Compared are the device info, whether a call fails, what is read from the device, and
all sessions, node records, disks, maps and discovery records. A difference that is not declared in the situation fails the test, and so does a declared one that
does not occur. After a detach and after a failed attach nothing may be left by Brickwork that os-brick does not leave.

- os-brick is Debian's package as it is. It runs as root in one process (privsep in client mode off), with one scan attempt. Its records get
  shorter times than as shipped, so that a dead portal costs it seconds and not two minutes: \`login_timeout\` 5 s, twice, and
  \`replacement_timeout\` 10 s. Brickwork's single sessions get the same \`recovery_tmo\`; those below a map get it from multipathd.
- Brickwork is called as an adapter for Cinder's callers would: \`fromCinder()\`, \`attach\`, \`toCinderDeviceInfo()\`, \`detach({ connection })\`,
  \`resize({ connection })\`. \`use_multipath\` is \`multipath: 'prefer'\`, with \`enforce_multipath\` \`'require'\`, without both \`'never'\`. With
  \`ignore_errors\` and \`force\` the adapter says nothing of errors, except that the volume is still in use.
- The name of a failure is reported but not compared.
`

/** @param {Row} row */
function summaryRow({ name, title, both: [theirs, ours], differences }) {
  const different = differences.map(({ what }) => what)
  const same = ours.filter(({ what }) => !what.startsWith('host ') && !different.includes(what))
  const words = same.map((seen) => `${seen.what}${failure(theirs, seen)}`).join('; ')
  return `| \`${name}\` | ${cell(title)} | ${cell(words)} | ${different.length === 0 ? '' : `[${different.length}](#${name})`} |`
}
/** @param {readonly Observation[]} theirs @param {Observation} ours */
function failure(theirs, { what, said }) {
  return said === undefined ? '' : ` fails (${theirs.find((each) => each.what === what)?.said ?? ''}, ${said})`
}
/** @param {Row} row */
function section({ name, title, differences }) {
  const rows = differences.map(({ what, osBrick, brickwork, reason }) => `| ${[what, osBrick, brickwork, reason].map(cell).join(' | ')} |`)
  return `### ${name}\n\n${title}\n\n| | os-brick | Brickwork | why |\n| --- | --- | --- | --- |\n${rows.join('\n')}`
}
/** @param {string} text */
const cell = (text) => shortened(text).replaceAll('|', '\\|')
/** Shortens the names that every situation has. @param {string} text */
const shortened = (text) =>
  text.replaceAll('iqn.2024-01.org.example:', '').replace(/\b3[0-9a-f]{32}\b/g, (wwid) => `${wwid.slice(0, 9)}…${wwid.slice(-4)}`)
