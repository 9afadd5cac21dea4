// npm run demo [-- nvme]: sets everything up and boots a guest with a real iSCSI target, initiator and multipathd, or with the kernel's NVMe over
// TCP. It attaches one volume over four networks, uses it while one of them fails, and detaches it. The exit code is 1 when a promise doesn't
// hold. The demonstration itself is test/demo/main.ts, or test/demo/nvme.ts.
import { closing, opening } from './demo/words.mjs'
import { boot } from './lab/boot.mjs'
import { duration, LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'

const TIMEOUT_MS = 180_000
const PROGRAMS = new Map([
  ['iscsi', 'main'],
  ['nvme', 'nvme'],
])

/** @param {readonly string[]} lines */
const say = (lines) => console.log(lines.join('\n'))

async function main() {
  const [kind = 'iscsi', ...more] = process.argv.slice(2)
  const program = more.length > 0 ? undefined : PROGRAMS.get(kind)
  if (program === undefined) throw new LabError('USAGE', 'Usage: npm run demo [-- nvme]')
  const started = performance.now()
  say([...opening(kind), '', 'Set-up (some minutes the first time, seconds after that):'])
  await ensure({ lab: true })
  const booted = performance.now()
  say(['', 'The virtual machine starts: Debian 12 with its own kernel.'])
  const { outcome, exitCode, message } = await boot({
    command: ['node', `/brickwork/build/lab/test/demo/${program}.js`],
    timeoutMs: TIMEOUT_MS,
    onLine: (line) => console.log(line),
  })
  const hasEnded = outcome === 'exited'
  const good = hasEnded && exitCode === 0
  const [took, setUp] = [duration(performance.now() - booted), duration(booted - started)]
  say(closing({ program, good, message: hasEnded ? undefined : message, took, setUp }))
  return good ? 0 : 1
}

await runMain(main)
