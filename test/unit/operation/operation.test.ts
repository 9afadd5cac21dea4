import { describe, expect, test } from 'vitest'

import { Claims } from '../../../lib/operation/claims.js'
import { BrickworkError } from '../../../lib/core/errors.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { BOOT, entryOf, operationOn } from './entries.js'

const failing = (code: 'ERR_LUN_NOT_FOUND') => () => Promise.reject(new BrickworkError(code, 'no LUN 3'))
const disk = { kind: 'disk', key: 'disk 1 1', origin: 'intended', data: {} } as const

describe('a step', () => {
  test('is timed and told, from its beginning to its end', async () => {
    const host = new FakeHost()
    const { operation, events } = await operationOn(host)
    const answer = await operation.progress.step('login', () => host.clock.sleep(30, operation.signal).then(() => 7), '192.0.2.1:3260')
    expect(answer).toBe(7)
    expect(operation.progress.timings).toEqual([{ step: 'login', startMs: 0, ms: 30, path: '192.0.2.1:3260' }])
    expect(events).toMatchObject([
      { type: 'step:start', id: 'v', step: 'login', path: '192.0.2.1:3260' },
      { type: 'step:end', id: 'v', step: 'login', path: '192.0.2.1:3260', ms: 30, outcome: 'ok' },
    ])
  })
  test('that fails is named in its error, the innermost one', async () => {
    const { operation, events } = await operationOn(new FakeHost())
    const failed = operation.progress.step('scan', () => operation.progress.step('scan', failing('ERR_LUN_NOT_FOUND')))
    await expect(failed).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND', step: 'scan' })
    expect(events.filter(({ type }) => type === 'step:end')).toMatchObject([
      { step: 'scan', outcome: 'ERR_LUN_NOT_FOUND' },
      { step: 'scan', outcome: 'ERR_LUN_NOT_FOUND' },
    ])
    expect(operation.progress.timings.map(({ step }) => step)).toEqual(['scan', 'scan'])
  })
  test('that throws what is no error of ours is not told as well', async () => {
    const { operation, events } = await operationOn(new FakeHost())
    const defect = new TypeError('x is not a function')
    await expect(operation.progress.step('scan', () => Promise.reject(defect))).rejects.toBe(defect)
    operation.progress.end('attach', defect)
    expect(events.slice(1)).toMatchObject([
      { type: 'step:end', outcome: 'unexpected' },
      { type: 'operation:end', outcome: 'unexpected' },
    ])
  })
  test('does not begin when the time is over', async () => {
    const host = new FakeHost()
    const { operation } = await operationOn(host, { timeoutMs: 1000 })
    await host.clock.sleep(500, new AbortController().signal)
    let begun = false
    await expect(operation.progress.step('login', () => Promise.resolve((begun = true)))).rejects.toMatchObject({
      code: 'ERR_TIMEOUT',
      step: 'login',
    })
    expect(begun).toBe(false)
  })
})

describe('what an operation owns', () => {
  test('is written in its claim before the next step begins', async () => {
    const host = new FakeHost()
    const { operation } = await operationOn(host)
    const claims = new Claims(host.process(), '/run/brickwork', BOOT)
    await operation.claim.own(disk)
    expect(await claims.read('agent', 'v')).toMatchObject({ objects: [disk] })
    await operation.claim.own({ ...disk, origin: 'created' })
    expect(await claims.read('agent', 'v')).toMatchObject({ objects: [{ ...disk, origin: 'created' }] })
    await operation.claim.own({ ...disk, key: 'disk 1 2' })
    await operation.claim.disown(disk.key)
    expect((await claims.read('agent', 'v'))?.objects.map(({ key }) => key)).toEqual(['disk 1 2'])
    expect(operation.claim.entry).toEqual(await claims.read('agent', 'v'))
  })
  test('is pending until it is settled', async () => {
    const { operation } = await operationOn(new FakeHost())
    const login = { kind: 'login', key: 'login x', untilMs: 5, data: {} }
    await operation.claim.pend(login)
    await operation.claim.pend({ ...login, untilMs: 9 })
    await operation.claim.pend({ ...login, key: 'login y' })
    expect(operation.claim.entry.pending.map(({ key, untilMs }) => [key, untilMs])).toEqual([
      ['login x', 9],
      ['login y', 5],
    ])
    await operation.claim.resolved('login x')
    expect(operation.claim.entry.pending.map(({ key }) => key)).toEqual(['login y'])
  })
  test('was made by us when any claim says so, of whichever owner', async () => {
    const host = new FakeHost()
    const { operation } = await operationOn(host)
    const claims = new Claims(host, '/run/brickwork', BOOT)
    expect(await operation.claim.originOf(disk.key)).toBe('found')
    await claims.write(entryOf('w', { owner: 'other', objects: [{ ...disk, origin: 'found' }] }))
    expect(await operation.claim.originOf(disk.key)).toBe('found')
    await claims.write(entryOf('x', { owner: 'third', objects: [{ ...disk, origin: 'intended' }] }))
    expect(await operation.claim.originOf(disk.key)).toBe('created')
    expect((await operation.claim.others(disk.key)).map(({ origin }) => origin).sort()).toEqual(['found', 'intended'])
    await claims.drop('third', 'x')
    await operation.claim.own(disk)
    expect(await operation.claim.originOf(disk.key)).toBe('created')
  })
})

describe('a lock', () => {
  test('is held while its work runs, by one operation on this host, and freed when that fails', async () => {
    const host = new FakeHost()
    const one = await operationOn(host)
    const two = await operationOn(host.process())
    const inside: string[] = []
    const work = (name: string) => async () => {
      inside.push(`${name} in`)
      await host.clock.sleep(10, one.operation.signal)
      inside.push(`${name} out`)
      throw new BrickworkError('ERR_BUSY', name)
    }
    await Promise.allSettled([one.operation.locked('portal', work('a')), two.operation.locked('portal', work('b'))])
    expect(inside).toEqual(['a in', 'a out', 'b in', 'b out'])
    expect(host.locked).toEqual([])
  })
  test('is not waited for beyond the end of the work', async () => {
    const host = new FakeHost()
    const { operation } = await operationOn(host, { timeoutMs: 1000 })
    const other = await operationOn(host.process())
    const lock = await host.locks.take('/run/brickwork/locks', 'portal', other.operation.signal)
    await expect(operation.locked('portal', () => Promise.resolve())).rejects.toMatchObject({ code: 'ERR_TIMEOUT' })
    await lock.release()
  })
})

describe('time', () => {
  test('for undoing begins when the undoing does, also after the work ran out of it', async () => {
    const host = new FakeHost()
    const { operation } = await operationOn(host, { timeoutMs: 1000 })
    await host.clock.sleep(500, new AbortController().signal)
    expect([operation.signal.aborted, operation.remainingMs]).toEqual([true, 0])
    operation.beginRollback()
    expect(operation.signal.aborted).toBe(false)
    await operation.progress.step('roll-back', () => host.clock.sleep(400, operation.signal))
    await host.clock.advance(100)
    expect(operation.signal.reason).toMatchObject({ code: 'ERR_TIMEOUT' })
  })
  test('that is shorter than the operation ends just what runs in it', async () => {
    const host = new FakeHost()
    const { operation, deadline } = await operationOn(host)
    const whole = operation.signal
    expect(await operation.within(100, ({ signal }) => host.clock.sleep(50, signal))).toBe(true)
    expect(await operation.within(100, ({ signal }) => host.clock.sleep(500, signal))).toBe(false)
    expect(operation.signal).toBe(whole)
    await expect(operation.within(100, failing('ERR_LUN_NOT_FOUND'))).rejects.toMatchObject({ code: 'ERR_LUN_NOT_FOUND' })
    expect([operation.signal.aborted, host.clock.now()]).toEqual([false, 150])
    deadline[Symbol.dispose]()
    expect(host.clock.sleeping).toBe(0)
  })
})

test('two short waits side by side end each by itself, and leave the operation its own signal', async () => {
  const host = new FakeHost()
  const { operation, deadline } = await operationOn(host)
  const whole = operation.signal
  const waits = [100, 200].map((ms) => operation.within(ms, ({ signal }) => host.clock.sleep(500, signal)))
  const third = operation.within(300, ({ signal }) => host.clock.sleep(250, signal))
  expect(await Promise.all([...waits, third])).toEqual([false, false, true])
  expect([operation.signal === whole, operation.signal.aborted]).toEqual([true, false])
  deadline[Symbol.dispose]()
})

test('a note is for operators: an event and a line in the log', async () => {
  const host = new FakeHost()
  const { operation, events } = await operationOn(host)
  operation.progress.note('slow', { ms: 3 })
  expect(events).toMatchObject([{ type: 'note', id: 'v', message: 'slow', fields: { ms: 3 } }])
  expect(host.log.lines).toMatchObject([{ level: 'warn', message: 'slow', fields: { id: 'v', ms: 3 } }])
})

test('the end says how it went, how long it took and what the host looks like', async () => {
  const host = new FakeHost()
  const { operation, events } = await operationOn(host)
  await host.clock.sleep(30, operation.signal)
  operation.progress.end('attach')
  operation.progress.end('attach', new BrickworkError('ERR_BUSY', 'busy', { sideEffects: 'undone' }))
  expect(events).toEqual([
    { type: 'operation:end', at: host.clock.wallMs(), operation: 'attach', id: 'v', outcome: 'ok', ms: 30 },
    { type: 'operation:end', at: host.clock.wallMs(), operation: 'attach', id: 'v', outcome: 'ERR_BUSY', sideEffects: 'undone', ms: 30 },
  ])
})
