// The results of a storm: ratios of consecutive rounds, as medians with the interval that holds nine tenths of them.

/** @typedef {import('../../test/bench/row.js').Row} Row */
/**
 * The measurements of a row, with their date and tree.
 * @typedef {import('../../test/bench/main.js').Measured & { on: string, tree?: string }} Measured
 */
/** @typedef {{ median: number, from: number, to: number, of: number }} Interval */
/** @typedef {{ id: string, party: string, why: string, ok: false }} Failure */
/**
 * @typedef {object} Ratios of one kind of Brickwork in one row
 * @property {string} id @property {string} party @property {'attach' | 'detach'} what
 * @property {Interval} peer @property {Interval | undefined} bound @property {number} ms @property {number} peerMs
 * @property {Row['target']} target @property {boolean} ok
 */
/** @typedef {Ratios | Failure} Line */

const PEER = 'os-brick'
/** The parties that are Brickwork; the report compares each with the peer and the bound. */
const OURS = ['Brickwork', 'Brickwork kernel', 'Brickwork socket', 'Brickwork direct']
/** @param {string} party */
const boundOf = (party) => (party === 'Brickwork direct' ? 'bound direct' : 'bound')

/** @param {readonly Row[]} rows @param {readonly Measured[]} measured @returns {Line[]} rows as `performance` benches print them: one for each row and kind of Brickwork, attach and detach */
export function rowsOf(rows, measured) {
  return measured.flatMap(({ id, rounds, failures }) => {
    const row = rows.find((each) => each.id === id)
    const failed = failures.map(({ party, why }) => ({ id, party, why, ok: /** @type {const} */ (false) }))
    /** @param {string} party */
    const counts = (party) => (rounds[party]?.length ?? 0) > 0 && !failures.some((each) => each.party === party)
    if (row === undefined || !counts(PEER)) return failed
    const ours = OURS.filter(counts).flatMap((party) => [
      line(party === 'Brickwork direct' ? { ...row, target: row.direct ?? { peer: row.target.peer } } : row, party, 'attach', rounds),
      ...(row.missing ? [] : [line({ ...row, target: { peer: 3 } }, party, 'detach', rounds, `D${id.slice(1)}`)]),
    ])
    return [...ours, ...failed]
  })
}

/**
 * @param {Row} row @param {string} party @param {'attach' | 'detach'} what @param {Measured['rounds']} rounds @param {string} [id]
 * @returns {Ratios}
 */
function line(row, party, what, rounds, id = row.id) {
  /** @param {string} name */
  const times = (name) => (rounds[name] ?? []).map((round) => round[`${what}Ms`])
  const peer = interval(pairs(times(PEER), times(party)))
  const bound =
    what === 'attach' && (rounds[boundOf(party)]?.length ?? 0) > 0 ? interval(pairs(times(party), times(boundOf(party)))) : undefined
  const peerOk = peer.from >= row.target.peer
  const boundOk = bound === undefined || row.target.bound === undefined || bound.to <= row.target.bound
  return { id, party, what, peer, bound, ms: median(times(party)), peerMs: median(times(PEER)), target: row.target, ok: peerOk && boundOk }
}

/** @param {readonly number[]} above @param {readonly number[]} below */
const pairs = (above, below) => above.flatMap((time, index) => (below[index] === undefined ? [] : [time / below[index]]))

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const above = sorted[middle] ?? NaN
  return round(sorted.length % 2 === 1 ? above : ((sorted[middle - 1] ?? NaN) + above) / 2)
}
/** With few rounds the interval covers all of them. @param {readonly number[]} values @returns {Interval} */
function interval(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const out = Math.floor(sorted.length * 0.05)
  return { median: median(values), from: round(sorted[out] ?? NaN), to: round(sorted[sorted.length - 1 - out] ?? NaN), of: sorted.length }
}
/** @param {number} value */
const round = (value) => Math.round(value * 100) / 100

/** The title of a row, or of its detach. @param {readonly Row[]} rows @param {string} id */
export const titleOf = (rows, id) => rows.find((row) => row.id.slice(1) === id.slice(1))?.what ?? ''
/** @param {Interval | undefined} each */
export const ratio = (each) => (each === undefined ? '–' : `${each.median.toFixed(2)} (${each.from.toFixed(2)}–${each.to.toFixed(2)})`)

/** @param {readonly Row[]} rows @param {readonly Line[]} lines @param {readonly Measured[]} played */
export function reportOf(rows, lines, played) {
  /** @param {string} id */
  const what = (id) => titleOf(rows, id)
  const table = lines.map((each) =>
    'why' in each
      ? `| ${each.id} | ${what(each.id)} | ${each.party} | failed: ${each.why} | – | – | no |`
      : `| ${each.id} | ${what(each.id)} | ${each.party} | ${ratio(each.peer)} | ${ratio(each.bound)} | ≥ ${each.target.peer}${each.target.bound ? `, ≤ ${each.target.bound}` : ''} | ${each.ok ? 'yes' : 'no'} |`,
  )
  return `# Attach storms

Written by \`npm run bench:storm\`: os-brick, Brickwork and the bound in one guest of the lab, taking turns. Ratios of rounds that followed each
other: their median, and the least and greatest. D rows are the detaches.

- "Brickwork" has default settings. "kernel" has \`ready: 'kernel'\`. "socket" also has \`logins: 'socket'\`. "direct" also has \`assemble: 'direct'\`;
  its bound makes its maps itself too.
- Each attaches with \`paths: { min: 'all' }\`, or with all live paths where a portal is dead. S1b attaches with \`min: 1\`.
- The bound sends logins straight to iscsid, scans, and reads sysfs until everything is live. It verifies and records nothing.

| | | | os-brick ÷ Brickwork | Brickwork ÷ bound | asked for | reached |
| --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

Measured: ${played.map(({ id, rounds, on, tree }) => `${id} on ${on} (${rounds[PEER]?.length ?? 0} rounds${tree === undefined ? '' : `, tree \`${tree}\``})`).join(', ')}.
`
}
