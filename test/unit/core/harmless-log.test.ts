/** If a user's log, tracer or event reader fails, the operation does not fail. */
import { expect, test } from 'vitest'

import { harmlessLog } from '../../../lib/core/harmless-log.js'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { IQN, PORTAL, request } from '../../world/expect.js'

const failed = () => new Error('the log is full')
const logs: readonly (readonly [string, () => unknown])[] = [
  [
    'throws',
    () => {
      throw failed()
    },
  ],
  ['rejects', () => Promise.reject(failed())],
]

test.each(logs)('a log that %s harms nobody', async (_, fails) => {
  const log = harmlessLog({ debug: fails, warn: fails })
  log.debug({}, 'one')
  log.warn({}, 'two')
  await new Promise((resolve) => setImmediate(resolve)) // an unhandled rejection would fail the file
})

test.each(logs)('an attach with late paths, a detach that is too late and a close work with a log that %s', async (_, fails) => {
  const host = new FakeHost()
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  Object.assign(host.log, { debug: fails, warn: fails })
  const attacher = await createAttacher({ host })
  // Causes a warning: no udev describes the device's content.
  host.udev.stop()
  await attacher.attach(request('one'))
  const slow = host.faults.plant({ on: 'files.remove', matching: 'by-id', does: { delayMs: 5000 } })
  await expect(attacher.detach('one', { timeoutMs: 1000 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
  slow.release()
  await host.clock.advance(20_000)
  await attacher.close()
})

test('a reader of events that throws ends its own subscription only', async () => {
  const host = new FakeHost()
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  const attacher = await createAttacher({ host })
  const reading = (async () => {
    for await (const event of attacher.events()) if (event.type === 'step:start') throw failed()
  })()
  const ended = expect(reading).rejects.toThrow('the log is full')
  const seen: string[] = []
  const other = (async () => {
    for await (const event of attacher.events()) seen.push(event.type)
  })()
  await attacher.attach(request('one'))
  await ended
  await attacher.detach('one')
  await attacher.close()
  await other
  expect(seen.at(-1)).toBe('operation:end')
})
