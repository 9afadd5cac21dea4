// docs/evidence/soak.md: the results of the soaks.

import { releaseOf } from './releases.mjs'

const MIB = 1024

/** The notes of the scenario. @typedef {{ minutes: number, seed: number, latestMs: number, controlMs: number, counts: Record<string, number>, samples: Sample[] }} Report */
/** @typedef {import('../../test/soak/report.js').Sample} Sample */
/** @typedef {{ distribution: string, ok: boolean, day: string, failure?: string | undefined, report?: Report | undefined }} Soak */

/** @param {readonly Soak[]} played */
export function reportOf(played) {
  return `# The soak

Written by \`npm run soak\` in a guest of [the lab](../../scripts/lab/README.md).

- Four workers of one process attach, read, grow and detach twelve volumes of three targets, over two and four portals.
- They use multipath and single paths, maps made directly and by multipathd, iscsid's socket and iscsiadm.
- Portals are silent, refuse or are mute for a while. iscsid, multipathd and udevd are killed and started again.

Every call must return within 0.5 s of its deadline, plus the delay of a control timer. Whatever is read must be the right volume. At the end
\`recover()\` cleans up what attaches could not roll back in their time. Then the host is clean, memory is flat, and no descriptor is left.

${played.map(sectionOf).join('\n')}`
}

/** @param {Soak} soak */
function sectionOf({ distribution, ok, day, failure: reason, report }) {
  const title = `## ${releaseOf(distribution)}, ${day}: ${ok ? 'passed' : 'failed'}\n`
  const failure = reason === undefined ? '' : `\n\`\`\`\n${reason}\n\`\`\`\n`
  if (report === undefined) return `${title}\nIt came to no report.\n${failure}`
  const counts = Object.entries(report.counts).sort(([a], [b]) => a.localeCompare(b))
  return `${title}${failure}
${report.minutes} minutes, seed ${report.seed}. The latest answer came ${report.latestMs} ms after its deadline (below 0: before it); the control timer was ${report.controlMs} ms
late at worst.

| what | how often |
| --- | --- |
${counts.map(([what, count]) => `| ${what} | ${count} |`).join('\n')}

| minute | memory (RSS, MiB) | heap (MiB) | descriptors | threads |
| --- | --- | --- | --- | --- |
${spread(report.samples).map(rowOf).join('\n')}
`
}

/** A selection of many samples, including the first and the last. @param {readonly Sample[]} samples */
function spread(samples) {
  const step = Math.max(1, Math.floor(samples.length / 8))
  return samples.filter((_, index) => index % step === 0 || index === samples.length - 1)
}
/** @param {Sample} sample */
function rowOf({ atMs, rssKib, heapKib, descriptors, threads }) {
  return `| ${(atMs / 60_000).toFixed(1)} | ${Math.round(rssKib / MIB)} | ${Math.round(heapKib / MIB)} | ${descriptors} | ${threads} |`
}
