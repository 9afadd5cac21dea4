// What people read of a run of the lab's scenarios in one distribution: docs/distributions.md (`npm run test:lab -- --summary FILE`).
import { packageVersions } from './root.mjs'

/** @typedef {'the same' | 'differs' | 'not compared' | 'real only'} Twin */
/** @typedef {{ name: string, title: string, ok: boolean, reboot: boolean, init: string, peer?: string, twin: Twin }} Row */

const RELEASES = { bookworm: 'Debian 12', trixie: 'Debian 13' }
/** What the scenarios depend on. */
const PROGRAMS = ['open-iscsi', 'multipath-tools', 'udev', 'systemd', 'nvme-cli', 'lvm2']

/** @param {string} root the guest's folder @param {string} kernel its version */
export function versionsOf(root, kernel) {
  return [`Linux ${kernel}`, ...packageVersions(root, PROGRAMS)]
}

/**
 * @param {string} distribution @param {string[]} versions @param {Row[]} rows in the order in which they were played
 * @param {string} seed
 */
export function summaryOf(distribution, versions, rows, seed) {
  const failed = rows.filter(({ ok, twin }) => !ok || twin === 'differs')
  const compared = rows.filter(({ twin }) => twin === 'the same').length
  const alone = rows.filter(({ twin }) => twin === 'real only').length
  const count = rows.filter(({ ok }) => ok).length
  return `# The scenarios in another distribution

Written by a run of

\`\`\`sh
npm run test:lab -- --distribution ${distribution} --summary docs/distributions.md
\`\`\`

which plays every scenario of [the lab](../scripts/lab/README.md) but the long ones in a guest with ${RELEASES[distribution] ?? distribution}, then its
twin over FakeHost, and compares what both have noted, the journals and what is left on the host. \`npm run test:full\` does the same after
the long scenarios; \`npm test\` plays them in Debian 12. A run of single scenarios writes no summary.

## The guest

${versions.map((each) => `- ${each}`).join('\n')}

The packages are those of the day on which the guest was made, as Debian ships and configures them. Nothing was tried twice.

## The run

${rows.length} scenarios: ${count} passed in the guest, ${rows.length - count} failed. ${compared} came to the same over FakeHost, ${alone} are for a real kernel only${
    failed.length === 0 ? '' : `.\nNot as they should be: ${failed.map(({ name }) => `\`${name}\``).join(', ')}`
  }. Seed ${seed}.

| scenario | what is promised | in the guest | over FakeHost |
| --- | --- | --- | --- |
${rows.map(line).join('\n')}
`
}

function line({ name, title, ok, reboot, init, peer, twin }) {
  const where = [init === 'systemd' ? 'under systemd' : undefined, peer && `beside ${peer}`, reboot ? 'and after a reboot' : undefined]
  const words = [ok ? 'passed' : 'FAILED', ...where.filter(Boolean)].join(', ')
  return `| \`${name}\` | ${title.replaceAll('|', '\\|')} | ${words} | ${twin === 'real only' ? '' : twin} |`
}
