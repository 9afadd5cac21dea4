// The storm as one self-contained page: the ratios, and when each step of each volume ran.
import { ratio, titleOf } from './storm-report.mjs'

/** @type {Partial<Record<import('../../lib/api/events.js').StepName, string>>} */
const COLOURS = {
  admit: '#bbb',
  journal: '#999',
  probe: '#8cf',
  login: '#38f',
  scan: '#2a9',
  find: '#6c6',
  verify: '#c90',
  assemble: '#e63',
  'wait-ready': '#b5c',
  commit: '#666',
}
const OTHER = '#ddd'
/** @param {string} text */
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/**
 * @param {readonly import('./storm-report.mjs').Row[]} rows @param {readonly import('./storm-report.mjs').Line[]} lines
 * @param {readonly import('./storm-report.mjs').Measured[]} measured @returns {string} an HTML document
 */
export function pageOf(rows, lines, measured) {
  /** @param {string} id */
  const what = (id) => titleOf(rows, id)
  const table = lines.map((line) =>
    'why' in line
      ? `<tr><td>${line.id}<td>${escaped(what(line.id))}<td>${line.party}<td colspan="3">failed: ${escaped(line.why)}`
      : `<tr><td>${line.id}<td>${escaped(what(line.id))}<td>${line.party}<td>${ratio(line.peer)}<td>${ratio(line.bound)}<td>${line.ok ? 'yes' : 'no'}`,
  )
  // The row with the most volumes is the most informative.
  const [fullest] = measured.filter(({ story }) => story.length > 0).sort((a, b) => b.story.length - a.story.length)
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Attach storms</title>
<style>body{font:14px sans-serif;margin:2em}td,th{padding:2px 8px;text-align:left}th{border-bottom:1px solid #888}text{font:11px sans-serif}</style>
<h1>Attach storms</h1>
<table><tr><th><th><th><th>os-brick ÷ Brickwork<th>Brickwork ÷ bound<th>reached
${table.join('\n')}
</table>
${fullest === undefined ? '' : timeline(fullest, what(fullest.id))}
`
}

const WIDTH = 1100
const LEFT = 90
const BAR = 5

/** @param {Pick<import('./storm-report.mjs').Measured, 'id' | 'story'>} measured @param {string} title */
function timeline({ id, story }, title) {
  const end = Math.max(...story.flatMap(({ steps }) => steps.map(({ startMs, ms }) => startMs + ms)))
  /** @param {number} ms */
  const x = (ms) => (LEFT + (ms / end) * (WIDTH - LEFT)).toFixed(1)
  let y = 20
  const parts = story.map(({ id: volume, steps }) => {
    // Steps of several paths run side by side: each path has a lane.
    const lanes = [...new Set(steps.map(({ path }) => path ?? ''))]
    const bars = steps.map(({ step, path, startMs, ms }) => {
      const lane = lanes.indexOf(path ?? '')
      const label = escaped(`${volume} ${step} ${path ?? ''}: ${startMs.toFixed(0)} ms + ${ms.toFixed(0)} ms`)
      const width = Math.max(0.5, (ms / end) * (WIDTH - LEFT)).toFixed(1)
      return `<rect x="${x(startMs)}" y="${y + lane * BAR}" width="${width}" height="${BAR - 1}" fill="${COLOURS[step] ?? OTHER}"><title>${label}</title></rect>`
    })
    const row = `<text x="0" y="${y + 9}">${escaped(volume)}</text>${bars.join('')}`
    y += lanes.length * BAR + 6
    return row
  })
  const legend = Object.entries(COLOURS).map(([step, colour]) => `<span style="background:${colour};padding:0 6px">&nbsp;</span> ${step} `)
  return `<h2>${id}: ${escaped(title)}, as Brickwork comes</h2>
<p>Each row is a volume, each line in it a path; ${(end / 1000).toFixed(1)} s in all. ${legend.join('')}</p>
<svg width="${WIDTH}" height="${y + 10}" viewBox="0 0 ${WIDTH} ${y + 10}">${parts.join('\n')}</svg>`
}
