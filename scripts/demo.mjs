// npm run demo: sets everything up and boots a guest with a real iSCSI target, initiator and multipathd. It attaches one volume over four
// networks, uses it while one of them fails, and detaches it. The exit code is 1 when a promise doesn't hold. The demonstration itself is
// test/demo/main.ts.
import { boot } from './lab/boot.mjs'
import { duration } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'

const TIMEOUT_MS = 180_000

async function main() {
  const started = performance.now()
  console.log('Set-up (takes some minutes the first time):')
  await ensure({ lab: true })
  const booted = performance.now()
  console.log('\nA guest starts: Debian 12 with its own kernel, open-iscsi and udev; this machine is not changed.')
  const result = await boot({
    command: ['node', '/brickwork/build/lab/test/demo/main.js'],
    timeoutMs: TIMEOUT_MS,
    onLine: (line) => console.log(line),
  })
  const good = result.outcome === 'exited' && result.exitCode === 0
  if (result.outcome !== 'exited') console.error(`demo: ${result.message}`)
  console.log(`\n${good ? 'All checks passed' : 'Some checks FAILED: see ✘ above'}.`)
  console.log(`${duration(performance.now() - booted)}, and ${duration(booted - started)} for the set-up.`)
  return good ? 0 : 1
}

await runMain(main)
