// The page of results.
import { TOOLCHAIN } from '../prebuilds/toolchain.mjs'

/** @typedef {import('../matrix.mjs').Result} Result */

/** @param {string} text */
const cell = (text) => (text.split('\n')[0] ?? '').replaceAll('|', '\\|').slice(0, 200)

/** @param {readonly Result[]} results */
export function page(results) {
  const rows = results.map(
    ({ cell: { name, what }, outcome, why }) => `| \`${name}\` | ${cell(what)} | ${outcome}${why && `: ${cell(why)}`} |`,
  )
  return `# Installed and run

\`npm run test:matrix -- --write\` writes this page. Each cell installs the packed library into an empty folder. A program there attaches a volume
over FakeHost, loads the addon and starts the helper. A cell whose addon does not load fails. The cells \`needs-*\` only look at files. Prebuilds were
made by ${TOOLCHAIN}; cells of package managers ran on Node.js ${process.versions.node}.

| cell | what | result of ${new Date().toISOString().slice(0, 10)} |
| --- | --- | --- |
${rows.join('\n')}
`
}
