// What a storm came to: ratios of the rounds that followed each other, as medians with the interval that holds nine tenths of them.

const PEER = 'os-brick'
/** Rows of one party against peer and bound. */
const OURS = ['Brickwork', 'Brickwork kernel', 'Brickwork socket', 'Brickwork direct']
const boundOf = (party) => (party === 'Brickwork direct' ? 'bound direct' : 'bound')

/** @returns rows as `performance` benches print them: one for each row and kind of Brickwork, attach and detach */
export function rowsOf(rows, measured) {
  return measured.flatMap(({ id, rounds, failures }) => {
    const row = rows.find((each) => each.id === id)
    const failed = failures.map(({ party, why }) => ({ id, party, why, ok: false }))
    const counts = (party) => rounds[party]?.length > 0 && !failures.some((each) => each.party === party)
    if (!counts(PEER)) return failed
    const ours = OURS.filter(counts).flatMap((party) => [
      line(party === 'Brickwork direct' ? { ...row, target: row.direct ?? { peer: row.target.peer } } : row, party, 'attach', rounds),
      ...(row.missing ? [] : [line({ ...row, target: { peer: 3 } }, party, 'detach', rounds, `D${id.slice(1)}`)]),
    ])
    return [...ours, ...failed]
  })
}

function line(row, party, what, rounds, id = row.id) {
  const times = (name) => (rounds[name] ?? []).map((round) => round[`${what}Ms`])
  const peer = interval(pairs(times(PEER), times(party)))
  const bound = what === 'attach' && rounds[boundOf(party)]?.length > 0 ? interval(pairs(times(party), times(boundOf(party)))) : undefined
  const peerOk = peer.from >= row.target.peer
  const boundOk = bound === undefined || row.target.bound === undefined || bound.to <= row.target.bound
  return { id, party, what, peer, bound, ms: median(times(party)), peerMs: median(times(PEER)), target: row.target, ok: peerOk && boundOk }
}

const pairs = (above, below) => above.flatMap((time, index) => (below[index] === undefined ? [] : [time / below[index]]))

function median(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return round(sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2)
}
/** With few rounds the interval is all of them. */
function interval(values) {
  const sorted = [...values].sort((a, b) => a - b)
  const out = Math.floor(sorted.length * 0.05)
  return { median: median(values), from: round(sorted[out]), to: round(sorted[sorted.length - 1 - out]), of: sorted.length }
}
const round = (value) => Math.round(value * 100) / 100

/** What a row, or the detach of one, is of. */
export const titleOf = (rows, id) => rows.find((row) => row.id.slice(1) === id.slice(1))?.what ?? ''
export const ratio = (each) => (each === undefined ? '–' : `${each.median.toFixed(2)} (${each.from.toFixed(2)}–${each.to.toFixed(2)})`)

/** @param played which rows were measured, when, and of which commit */
export function reportOf(rows, lines, played) {
  const what = (id) => titleOf(rows, id)
  const table = lines.map((each) =>
    each.why
      ? `| ${each.id} | ${what(each.id)} | ${each.party} | failed: ${each.why} | – | – | no |`
      : `| ${each.id} | ${what(each.id)} | ${each.party} | ${ratio(each.peer)} | ${ratio(each.bound)} | ≥ ${each.target.peer}${each.target.bound ? `, ≤ ${each.target.bound}` : ''} | ${each.ok ? 'yes' : 'no'} |`,
  )
  return `# Attach storms

Written by \`npm run bench:storm\`: os-brick, Brickwork and the bound in one guest of the lab, taking turns. Ratios of rounds that followed each
other: their median, and the least and greatest. D rows are the detaches. "Brickwork" is as it comes, "kernel" with \`ready: 'kernel'\`, "socket" with that and
\`iscsid: 'socket'\`, "direct" with all that and \`assemble: 'direct'\`, whose bound makes its maps itself too; each attaches with \`paths: { min: 'all' }\`, and with all that live where a portal is dead; S1b with \`min: 1\`. The bound sends logins straight to iscsid,
scans, and looks until all is live: it proves nothing and writes nothing down.

| | | | os-brick ÷ Brickwork | Brickwork ÷ bound | asked for | reached |
| --- | --- | --- | --- | --- | --- | --- |
${table.join('\n')}

Measured: ${played.map(({ id, rounds, on }) => `${id} on ${on} (${rounds[PEER]?.length ?? 0} rounds)`).join(', ')}.
`
}
