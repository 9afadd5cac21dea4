import { expect, test } from 'vitest'
import { shellWithVolume } from './shell.js'

const forever = new AbortController().signal

test.each([
  [
    'for people',
    [],
    /^brickwork: waiting for the lock "attachment default v", held by process \d+ \(node\), attach of attachment "v" \(owner "default"\), for \d+ s$/m,
  ],
  ['among the steps', ['--verbose'], /^ *\d+\.?\d* s +waiting for the lock "attachment default v", held by process /m],
  [
    'as a document',
    ['--verbose', '--json'],
    /"event":\{"type":"waiting","awaited":"the lock [^{]*"heldBy":\[\{"pid":\d+,[^}]*"operation":"attach"/,
  ],
])('a command that waits for another process says who that is: %s', async (_, options, said) => {
  const { host, brickwork } = shellWithVolume()
  const user = { owner: 'default', id: 'v', operation: 'attach' }
  await host.process().locks.take('/run/brickwork/locks', 'attachment default v', forever, user)
  const { code, err } = await brickwork('detach', 'v', '--timeout', '6s', ...options)
  expect(err).toMatch(said)
  expect(err).toMatch(/ERR_BUSY/)
  expect(code).toBe(75)
})
