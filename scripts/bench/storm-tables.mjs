// The report of storms for people, in Markdown.
import { clockWords } from '../lab/clock/test.mjs'
import { atThreeMs, BOUNDS, PEER, summaries, WAYS } from './storm-figures.mjs'
import { askedFor, ratio, titleOf, yesOrNo } from './storm-report.mjs'

/** @typedef {import('./storm-report.mjs').Measured} Measured */
/** @typedef {import('./storm-report.mjs').Line} Line */
/** @typedef {import('./storm-report.mjs').Row} Row */

/** Rows that are also given for a quicker processor. */
const AT_THREE = ['S1', 'S2']
/** @param {number} ms */
const whole = (ms) => (ms >= 100 ? ms.toFixed(0) : ms.toFixed(1))

/** @param {readonly Row[]} rows @param {readonly Line[]} lines @param {readonly Measured[]} measured */
export function reportOf(rows, lines, measured) {
  const [first] = measured
  if (first === undefined) return '# Attach storms\n\nNothing has been measured yet.\n'
  return `# Attach storms

Written by \`npm run bench:storm\` ([what is measured](../storms.md)). ${taken(measured)}

${lines.some(({ ok }) => ok === false) ? 'Rows that miss a target say "no".' : 'All targets are met.'}

| | | | os-brick ÷ Brickwork | Brickwork ÷ its bound | asked for | reached |
| --- | --- | --- | --- | --- | --- | --- |
${lines.map((line) => ratioRow(rows, line)).join('\n')}

- Ratios of rounds: their median, and the interval that holds nine tenths of them. A target is met when the worse end of the interval meets it.
- "Brickwork" has default settings. "socket" has \`ready: 'kernel'\` and \`logins: 'socket'\`. "direct" also has \`assemble: 'direct'\`. Each is
  compared with the bound that does the same. D rows are detaches.

## Times of the guest

Medians, in milliseconds. ${first.clock === 'instructions' ? 'A busy millisecond is a million instructions, an idle one is real time. ' : ''}"Of its own" is the processor time of the party: its main thread, its
other threads, and the processes that it starts. "Started" counts processes and threads of all programs.

| | party | rounds | time (least–greatest) | busy + idle | of its own (main + threads + processes) | started | peak, MiB | first, median, last volume |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |
${measured.flatMap(timeRows).join('\n')}

${thirds(measured)}${fresh(measured)}${many(measured)}## Instructions by program

Medians of processor time, in ${first.clock === 'instructions' ? 'millions of instructions' : 'milliseconds'}. Kernel threads are those of no program. The rest is the kernel's work at the start and end of processes, and interrupts.

| | party | by program |
| --- | --- | --- |
${measured.flatMap((each) => summaries(each).map(({ party, programs }) => `| ${each.id} | ${party} | ${programs.map(([name, ms]) => `${name} ${whole(ms)}`).join(', ')} |`)).join('\n')}

## Nothing beats its bound

| | rounds that were quicker than their bound | by row |
| --- | --- | --- |
${WAYS.map((way) => quickerRow(way, lines)).join('\n')}

## What disturbed

A round is repeated, up to twice, if its requests to the machine (9p, 1 ms each) may have taken 1 % of it. It is also repeated if 100 sleeps of 1 ms before or after it took less
than 100 ms or more than 130 ms, unless less than 1 % of it was idle.

A wait in which the whole guest was idle for more than 0.9 s is named by the program that ran after it.

| | party | repeated | disturbed all the same | rounds with a wait over 0.9 s |
| --- | --- | --- | --- | --- |
${measured.flatMap(disturbedRows).join('\n') || '| – | – | – | – | – |'}

## Delay of the event loop

In a round that doesn't count, since measuring it costs instructions. Milliseconds that callbacks came late: half of them, 99 of 100, the latest.

| | party | 50 % | 99 % | latest |
| --- | --- | --- | --- | --- |
${measured.flatMap(({ id, loops }) => Object.entries(loops).map(([party, { p50, p99, max }]) => `| ${id} | ${party} | ${p50} | ${p99} | ${max} |`)).join('\n')}

## The clock of each boot

${measured.map(({ id, test }) => `- ${id}: ${test === undefined ? "the machine's own clock" : clockWords(test)}`).join('\n')}

Versions: ${first.versions.join(', ')}.
`
}

/** @param {readonly Measured[]} measured */
function taken(measured) {
  const commits = [...new Set(measured.map(({ commit, tree }) => `commit \`${commit}\` (tree \`${tree}\`)`))].join(', ')
  const days = [...new Set(measured.map(({ on }) => on))].join(', ')
  return `Rows: ${measured.map(({ id }) => id).join(', ')}; of ${commits}; measured on ${days}. Rows of other trees are left out.`
}
/** @param {readonly Row[]} rows @param {Line} line */
function ratioRow(rows, line) {
  const head = `| ${line.id} | ${titleOf(rows, line.id)} | ${line.party} |`
  if ('why' in line) return `${head} failed: ${line.why} | – | – | no |`
  return `${head} ${ratio(line.peer)} | ${ratio(line.bound)} | ${askedFor(line.target)} | ${yesOrNo(line.ok)} |`
}
/** @param {Measured} measured */
const timeRows = (measured) =>
  summaries(measured).map((each) => {
    const own = `${whole(each.ownMs)} (${whole(each.mainMs)} + ${whole(each.threadsMs)} + ${whole(each.othersMs)})`
    const time = `${whole(each.ms)} (${whole(each.from)}–${whole(each.to)})`
    const split = `${whole(each.busyMs)} + ${whole(each.idleMs)}`
    return `| ${measured.id} | ${each.party} | ${each.rounds} | ${time} | ${split} | ${own} | ${each.started.toFixed(0)} | ${each.peakMib.toFixed(0)} | ${each.volumes.map(whole).join(', ') || '–'} |`
  })

/** @param {readonly Measured[]} measured */
function thirds(measured) {
  const rows = measured
    .filter(({ id }) => AT_THREE.includes(id))
    .flatMap((each) => {
      const all = summaries(each)
      const peer = all.find(({ party }) => party === PEER)
      return all.map((one) => {
        const ms = atThreeMs(one)
        return `| ${each.id} | ${one.party} | ${whole(ms)} | ${peer === undefined || one === peer ? '–' : (atThreeMs(peer) / ms).toFixed(2)} |`
      })
    })
  if (rows.length === 0) return ''
  return `## With three instructions a nanosecond

By arithmetic: a third of the busy time, and all of the idle time.

| | party | ms | os-brick ÷ it |
| --- | --- | --- | --- |
${rows.join('\n')}

`
}

/** A process that starts for its attach. @param {readonly Measured[]} measured */
function fresh(measured) {
  const row = measured.find(({ id }) => id === 'C2')
  if (row === undefined) return ''
  const all = summaries(row)
  const rows = WAYS.flatMap((way) => {
    const warm = all.find(({ party }) => party === way)
    const now = all.find(({ party }) => party === `${way}, a new process`)
    if (warm === undefined || now === undefined) return []
    const imports = (row.rounds[now.party] ?? []).flatMap(({ importMs }) => importMs ?? [])
    const more = now.busyMs - warm.busyMs
    return [`| ${way} | ${whole(warm.busyMs)} | ${whole(now.busyMs)} | ${whole(more)} | ${whole(Math.max(...imports))} |`]
  })
  return `## A process that starts now (C2)

Busy time of the attach of S2, in millions of instructions: at most 150 more than by a process that is there are asked for, and at most 80 for the
import of the package.

| | there already | starts now | more | import, at most |
| --- | --- | --- | --- | --- |
${rows.join('\n')}

`
}

/** What a volume costs among many. @param {readonly Measured[]} measured */
function many(measured) {
  const [few, lots] = ['S3', 'S9'].map((id) => measured.find((each) => each.id === id))
  if (few === undefined || lots === undefined) return ''
  const rows = WAYS.flatMap((way) => {
    const [a, b] = [few, lots].map((each) => summaries(each).find(({ party }) => party === way))
    if (a === undefined || b === undefined) return []
    const [one, many] = [a.ms / 16, b.ms / 128]
    return [`| ${way} | ${whole(one)} | ${whole(many)} | ${(many / one).toFixed(2)} |`]
  })
  return `## A volume of S9 and of S3

Time of the storm ÷ its volumes, in milliseconds; at most 1.2 × is asked for.

| | S3, 16 volumes | S9, 128 volumes | S9 ÷ S3 |
| --- | --- | --- | --- |
${rows.join('\n')}

`
}

/** @param {import('./storm-report.mjs').Way} way @param {readonly Line[]} lines */
function quickerRow(way, lines) {
  const compared = lines.flatMap((line) =>
    'why' in line || line.party !== way || line.bound === undefined ? [] : [{ ...line, of: line.bound.of }],
  )
  const quicker = compared.reduce((sum, each) => sum + each.quicker, 0)
  const of = compared.reduce((sum, each) => sum + each.of, 0)
  const rows = compared.map((each) => `${each.id} ${each.quicker} of ${each.of}`).join(', ')
  const share = of === 0 ? '–' : `${quicker} of ${of} (${((100 * quicker) / of).toFixed(0)} %)`
  return `| ${way}: ${BOUNDS[way]} | ${share} | ${rows || '–'} |`
}
/** @param {Measured} measured */
function disturbedRows(measured) {
  return summaries(measured).flatMap(({ party, waits }) => {
    const repeated = measured.repeated[party] ?? 0
    const disturbed = (measured.rounds[party] ?? []).flatMap((round) => round.disturbed ?? [])
    if (repeated === 0 && disturbed.length === 0 && waits.length === 0) return []
    const names = [...new Set(waits)].map((name) => `${name} ${waits.filter((each) => each === name).length}`).join(', ')
    return [`| ${measured.id} | ${party} | ${repeated} | ${disturbed.join('; ') || '–'} | ${names || '–'} |`]
  })
}
