/** A fake host with `places` has the limits of the real pools. */
import { setMaxListeners } from 'node:events'
import { describe, expect, test } from 'vitest'

import { isBrickworkError } from '../../../lib/index.js'
import { laneLimits } from '../../../lib/core/lanes.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { forever } from '../host/temporary-directory.js'

/** A host with `count` attributes on which a write blocks, and a healthy one. */
function withAttributes(count: number): FakeHost {
  const host = new FakeHost({ places: true })
  for (let index = 0; index < count; index++) host.put(`/data/host${index}/delete`, '')
  host.put('/data/well/delete', '')
  host.faults.plant({ on: 'kernel.write', matching: '/host', does: { hang: 'before' }, times: Infinity })
  return host
}
const write = (host: FakeHost, name: string, waits: 'bounded' | 'unbounded', signal = forever) =>
  host.kernel.write({ directory: `/data/${name}`, guards: [], attribute: 'delete', value: '1', waits }, signal)

/** A caller that abandons many calls at once. */
function caller(): AbortController {
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  return controller
}

describe('places of a fake host', () => {
  test('as many scans as the lane has keep another waiting, until one is given up', async () => {
    const host = withAttributes(laneLimits.write)
    const enough = caller()
    const sick = Array.from({ length: laneLimits.write }, (_, index) =>
      write(host, `host${index}`, 'bounded', index === 3 ? enough.signal : forever),
    )
    for (const each of sick) each.catch(() => undefined)
    const well = write(host, 'well', 'bounded')
    await host.clock.sleep(1_000, forever)
    expect(host.waits()).toMatchObject({ write: 1 })
    enough.abort('enough')
    expect(await well).toEqual({ outcome: 'written' })
    await expect(sick[3]).rejects.toBe('enough')
  })
  test('slow calls leave helper processes to the others, and a SCSI host with many stuck ones is refused', async () => {
    const host = withAttributes(40)
    const late = caller()
    const sick = Array.from({ length: 40 }, (_, index) => write(host, `host${index}`, 'unbounded', late.signal))
    const settled = Promise.allSettled(sick)
    await host.clock.sleep(1_000, forever)
    const before = host.waits()
    expect(await write(host, 'well', 'unbounded')).toEqual({ outcome: 'written' })
    expect(host.waits()).toEqual(before)
    late.abort('late')
    await settled

    const other = withAttributes(0)
    for (let lun = 0; lun < 8; lun++) other.put(`/data/host9/9:0:0:${lun}/delete`, '')
    const gone = caller()
    const stuck = Array.from({ length: 8 }, (_, lun) => write(other, `host9/9:0:0:${lun}`, 'unbounded', gone.signal))
    const given = Promise.allSettled(stuck)
    await other.clock.sleep(1_000, forever)
    gone.abort('late')
    await given
    await expect(write(other, 'host9/9:0:0:1', 'unbounded')).rejects.toSatisfy((error) => isBrickworkError(error, 'ERR_STUCK_IN_KERNEL'))
  })
  test('multipathd is asked one question at a time', async () => {
    const host = new FakeHost({ places: true, multipathd: 'running' })
    host.faults.plant({ on: 'kernel.exchange', does: { hang: 'before' }, times: 1 })
    const gone = caller()
    const command = Buffer.from('show maps json\0')
    const ask = (signal: AbortSignal) => {
      const length = Buffer.alloc(8)
      length.writeBigUInt64LE(BigInt(command.length))
      return host.kernel.exchange(
        { socket: '/org/kernel/linux/storage/multipathd', bytes: Buffer.concat([length, command]), reply: 'framed' },
        signal,
      )
    }
    const first = ask(gone.signal)
    first.catch(() => undefined)
    let answered = false
    const second = ask(forever).finally(() => (answered = true))
    await host.clock.sleep(1_000, forever)
    expect(answered).toBe(false)
    gone.abort('enough')
    await second
    expect(answered).toBe(true)
  })
})
