// npm run demo: sets everything up and boots a guest with a real iSCSI target, initiator and multipathd. It attaches one volume over four
// networks, uses it while one of them fails, and detaches it. The exit code is 1 when a promise doesn't hold. The demonstration itself is
// test/demo/main.ts.
import { closing, OPENING } from './demo/words.mjs'
import { boot } from './lab/boot.mjs'
import { duration } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'

const TIMEOUT_MS = 180_000

/** @param {readonly string[]} lines */
const say = (lines) => console.log(lines.join('\n'))

async function main() {
  const started = performance.now()
  say([...OPENING, '', 'Set-up (some minutes the first time, seconds after that):'])
  await ensure({ lab: true })
  const booted = performance.now()
  say(['', 'The virtual machine starts: Debian 12 with its own kernel.'])
  const { outcome, exitCode, message } = await boot({
    command: ['node', '/brickwork/build/lab/test/demo/main.js'],
    timeoutMs: TIMEOUT_MS,
    onLine: (line) => console.log(line),
  })
  const hasEnded = outcome === 'exited'
  const good = hasEnded && exitCode === 0
  const [took, setUp] = [duration(performance.now() - booted), duration(booted - started)]
  say(closing({ good, message: hasEnded ? undefined : message, took, setUp }))
  return good ? 0 : 1
}

await runMain(main)
