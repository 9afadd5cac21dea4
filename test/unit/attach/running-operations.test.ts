import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EventHub } from '../../../lib/operation/event-hub.js'
import { RunningOperations } from '../../../lib/attach/running-operations.js'
import { FakeClock } from '../../../lib/testing/index.js'

const of = (id: string) => ({ at: 0, id, operation: 'detach' }) as const
const start = (hub: EventHub, id: string) => hub.publish({ type: 'operation:start', ...of(id) })
const end = (hub: EventHub, id: string) => hub.publish({ type: 'operation:end', ...of(id), outcome: 'ok', ms: 0 })

test('an attachment is under way until the last of its operations has ended', async () => {
  const hub = new EventHub(new FakeClock())
  using operations = new RunningOperations(hub, () => undefined)
  start(hub, 'one')
  start(hub, 'one')
  end(hub, 'one')
  await setImmediate()
  expect(operations.underWay('one')).toBe(true)
  end(hub, 'one')
  await setImmediate()
  expect([operations.underWay('one'), operations.underWay('two')]).toEqual([false, false])
})
