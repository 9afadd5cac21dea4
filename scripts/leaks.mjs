// npm run test:leaks: calls every function of the native part 100,000 times and checks that memory, descriptors and threads stay constant.
// `-- --calls N` makes fewer calls, `-- --out FILE` keeps the output. The last line is `N passed, N failed, N skipped`.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { runMain } from './main.mjs'
import { buildScenarios, ensure } from './setup.mjs'
import { collect, formatCounts } from './tests/stage.mjs'

const PROGRAM = 'build/lab/test/leaks/main.js'
/** The JavaScript heap must not grow by itself, and libuv must not wait after each connection that it accepts. */
const LEAKS = { flags: ['--expose-gc', '--max-semi-space-size=1'], env: { UV_TCP_SINGLE_ACCEPT: '0' } }

async function main() {
  const { values } = parseArgs({
    options: { calls: { type: 'string', default: '100000' }, only: { type: 'string' }, out: { type: 'string' } },
  })
  await ensure({ quiet: true })
  await buildScenarios()
  Object.assign(process.env, LEAKS.env)
  const only = values.only === undefined ? [] : ['--only', values.only]
  const { exitCode, output } = await collect(process.execPath, [...LEAKS.flags, PROGRAM, values.calls, ...only], {
    onLine: (line) => console.log(line),
  })
  /** @param {string} mark */
  const rows = (mark) => output.match(new RegExp(`^${mark} `, 'gm'))?.length ?? 0
  const counts = { passed: rows('ok'), failed: rows('GROWN'), skipped: 0 }
  // It died or printed nothing: that is a failure.
  if (counts.failed === 0 && (exitCode !== 0 || counts.passed === 0)) counts.failed = 1
  if (values.out !== undefined) writeFileSync(values.out, output)
  console.log(formatCounts(counts))
  return counts.failed === 0 ? 0 : 1
}

await runMain(main, { onError: () => console.log(formatCounts({ passed: 0, failed: 1, skipped: 0 })) })
