// The storms as one self-contained page: bars of each row, the ratios, and timelines.
import { bars, escaped, legend, timeline } from './storm-charts.mjs'
import { askedFor, ratio, titleOf, yesOrNo } from './storm-report.mjs'

/** @typedef {import('./storm-report.mjs').Measured} Measured */

const TIMELINES = ['S1', 'S2', 'S9']
const STYLE = `body{font:14px/1.4 sans-serif;margin:2em;max-width:1140px}table{border-collapse:collapse}td,th{padding:3px 10px;text-align:left}
th{border-bottom:1px solid #888}tr:nth-child(even) td{background:#f6f6f6}h2{margin:1.6em 0 .4em}h3{margin:1.2em 0 .3em;font-size:15px}
text{font:12px sans-serif}p{max-width:80ch}.key{display:inline-block;width:12px;height:12px;margin:0 4px 0 10px}.step{white-space:nowrap}`

/**
 * @param {readonly import('./storm-report.mjs').Row[]} rows @param {readonly import('./storm-report.mjs').Line[]} lines
 * @param {readonly Measured[]} measured @returns {string} an HTML document
 */
export function pageOf(rows, lines, measured) {
  /** @param {string} id */
  const what = (id) => escaped(titleOf(rows, id))
  const charts = measured.map((each) => `<h3>${each.id}: ${what(each.id)}</h3>\n${bars(each)}`)
  const table = lines.map((line) => {
    const head = `<tr><td>${line.id}<td>${what(line.id)}<td>${line.party}`
    if ('why' in line) return `${head}<td colspan="4">failed: ${escaped(line.why)}`
    return `${head}<td>${ratio(line.peer)}<td>${ratio(line.bound)}<td>${escaped(askedFor(line.target))}<td>${yesOrNo(line.ok)}`
  })
  const timelines = measured
    .filter(({ id }) => TIMELINES.includes(id))
    .flatMap(({ id, stories }) =>
      Object.entries(stories).map(([party, story]) => `<h3>${id}, ${escaped(party)}: ${what(id)}</h3>\n${timeline(story)}`),
    )
  const [first] = measured
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Attach storms</title>
<style>${STYLE}</style>
<h1>Attach storms</h1>
<p>The time until the last volume is attached, in the guest's own time${first?.clock === 'instructions' ? ': a busy millisecond is a million instructions, an idle one is real time' : ''}. Medians; the lighter part of a bar is idle time.
${first === undefined ? '' : `Commit ${escaped(first.commit)}, ${first.on}.`}</p>
${charts.join('\n')}
<h2>Ratios</h2>
<table><tr><th><th><th><th>os-brick ÷ Brickwork<th>Brickwork ÷ its bound<th>asked for<th>reached
${table.join('\n')}
</table>
<h2>Timelines</h2>
<p>A block is a volume, a line in it a path. ${legend()}</p>
${timelines.join('\n')}
`
}
