// The charts of the page of storms, as SVG: bars of a row, and when each step of each volume ran.
import { BOUNDS, summaries } from './storm-figures.mjs'

/** @typedef {import('./storm-report.mjs').Measured} Measured */

const WIDTH = 1100
const LEFT = 150
const RIGHT = 150
const BAR_HEIGHT = 20
const COLOURS = { peer: '#8a8f98', ours: '#2f6fd6', bound: '#5fae74' }
/** @param {string} text */
export const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)
/** @param {number} ms */
const time = (ms) => (ms >= 1000 ? `${(ms / 1000).toPrecision(3)} s` : `${ms >= 100 ? ms.toFixed(0) : ms.toFixed(1)} ms`)

const ORDER = ['os-brick', ...Object.entries(BOUNDS).flat()]
/** @param {string} party */
const place = (party) => (ORDER.indexOf(party) + 1 || ORDER.length + 1) * 2

/** A bar for each party: its busy time, and lighter what was idle. @param {Measured} measured */
export function bars(measured) {
  const parties = [...summaries(measured)].sort((a, b) => place(a.party) - place(b.party))
  const most = Math.max(...parties.map(({ ms }) => ms))
  /** @param {number} ms */
  const width = (ms) => ((ms / most) * (WIDTH - LEFT - RIGHT)).toFixed(1)
  const rows = parties.map(({ party, ms, busyMs, idleMs }, index) => {
    const y = index * (BAR_HEIGHT + 6)
    const kind = party === 'os-brick' ? 'peer' : party.startsWith('bound') ? 'bound' : 'ours'
    const colour = COLOURS[kind]
    const [busy, idle] = [Number(width(Math.min(busyMs, ms))), Number(width(Math.max(0, ms - busyMs)))]
    return `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escaped(party)}</text>
<rect x="${LEFT}" y="${y}" width="${Math.max(1, busy)}" height="${BAR_HEIGHT}" fill="${colour}"/>
<rect x="${LEFT + busy}" y="${y}" width="${idle}" height="${BAR_HEIGHT}" fill="${colour}" opacity="0.35"><title>idle ${time(idleMs)}</title></rect>
<text x="${LEFT + busy + idle + 6}" y="${y + 14}">${time(ms)}</text>`
  })
  const height = parties.length * (BAR_HEIGHT + 6)
  return `<svg width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">${rows.join('\n')}</svg>`
}

/** @type {Partial<Record<import('../../lib/api/events.js').StepName, string>>} */
const STEPS = {
  admit: '#bbb',
  journal: '#888',
  probe: '#8cf',
  login: '#38f',
  scan: '#2a9',
  find: '#6c6',
  verify: '#c90',
  assemble: '#e63',
  'wait-ready': '#b5c',
  commit: '#333',
}
const OTHER = '#ddd'
export const legend = () =>
  Object.entries(STEPS)
    .map(([step, colour]) => `<span class="step"><span class="key" style="background:${colour}"></span>${step}</span>`)
    .join(' ')

/**
 * A block for each volume, and in it a line for each path. The heights shrink with the number of volumes.
 * @param {import('../../test/bench/party/protocol.js').Story} all
 */
export function timeline(all) {
  const end = Math.max(1, ...all.flatMap(({ steps }) => steps.map(({ startMs, ms }) => startMs + ms)))
  const bar = all.length > 32 ? 2 : all.length > 4 ? 5 : 10
  /** @param {number} ms */
  const x = (ms) => LEFT + (ms / end) * (WIDTH - LEFT - 20)
  let y = 4
  const blocks = all.map(({ id, steps }) => {
    const lanes = [...new Set(steps.map(({ path }) => path ?? ''))]
    const rects = steps.map(({ step, path, startMs, ms }) => {
      const label = escaped(`${id} ${step} ${path ?? ''}: ${startMs.toFixed(1)} ms + ${ms.toFixed(1)} ms`)
      const width = Math.max(0.6, x(startMs + ms) - x(startMs)).toFixed(1)
      const top = y + lanes.indexOf(path ?? '') * bar
      return `<rect x="${x(startMs).toFixed(1)}" y="${top}" width="${width}" height="${Math.max(1, bar - 1)}" fill="${STEPS[step] ?? OTHER}"><title>${label}</title></rect>`
    })
    const name = bar > 2 ? `<text x="${LEFT - 8}" y="${y + 9}" text-anchor="end">${escaped(id)}</text>` : ''
    y += lanes.length * bar + (bar > 2 ? 6 : 1)
    return name + rects.join('')
  })
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = x(part * end).toFixed(1)
    return `<line x1="${at}" x2="${at}" y1="0" y2="${y}" stroke="#eee"/><text x="${at}" y="${y + 14}" text-anchor="${part === 1 ? 'end' : 'middle'}">${time(part * end)}</text>`
  })
  return `<svg width="${WIDTH}" height="${y + 20}" viewBox="0 0 ${WIDTH} ${y + 20}" role="img">${ticks.join('')}${blocks.join('\n')}</svg>`
}
