import { describe, expect, test } from 'vitest'

import { findMultipathsIn, leavesSinglePathsAlone } from '../../../../lib/linux/multipath/config-files.js'
import { askedMultipathd, askedUnlessSilent, isSilent, isWorthAsking } from '../../../../lib/linux/multipath/daemon.js'
import { staysStopped } from '../../../../lib/linux/multipath/silence.js'
import { parseProcessState } from '../../../../lib/linux/process-state.js'
import { mapped, withMap } from '../../testing/mapped.js'
import { forever } from '../machine.js'

async function silent() {
  const { host } = await withMap()
  const goOn = host.multipathd.pause()
  expect(await askedMultipathd(host, 'show daemon', forever)).toBe('no-answer')
  return { host, goOn }
}

describe('a daemon that did not answer', () => {
  test('is not asked for ten seconds, then by one caller in ten seconds', async () => {
    const { host } = await silent()
    expect([await isSilent(host), await isWorthAsking(host)]).toEqual([true, false])
    const from = host.clock.now()
    expect(await askedUnlessSilent(host, 'show daemon', forever)).toBe('no-answer')
    expect(host.clock.now() - from).toBe(0)
    await host.clock.sleep(10_000, forever)
    expect([await isWorthAsking(host), await isWorthAsking(host), await isSilent(host)]).toEqual([true, false, true])
    await host.clock.sleep(10_000, forever)
    expect([await isWorthAsking(host), await isWorthAsking(host)]).toEqual([true, false])
  })
  test('counts as silent until it answers anybody', async () => {
    const { host, goOn } = await silent()
    goOn()
    expect(await isWorthAsking(host)).toBe(false)
    expect(await askedMultipathd(host, 'del path sdz', forever)).toBe('refused')
    expect([await isSilent(host), await isWorthAsking(host)]).toEqual([false, true])
  })
  test('is known by its start time too: another process with its number is asked', async () => {
    const { host } = await silent()
    const file = `/proc/${host.multipathd.pid}/stat`
    const text = host.text(file) ?? ''
    host.put(file, text.replace(` ${host.multipathd.pid} 0 0`, ' 999999 0 0'))
    expect([await isSilent(host), await isWorthAsking(host)]).toEqual([false, true])
  })
  test('is not one that has answered somebody else in that time', async () => {
    const { host } = await withMap()
    const deaf = host.faults.plant({ on: 'kernel.exchange', matching: 'show daemon', does: { hang: 'before' }, times: Infinity })
    const waiting = askedMultipathd(host, 'show daemon', forever)
    expect(await askedMultipathd(host, 'del path sdz', forever)).toBe('refused')
    expect(await waiting).toBe('no-answer')
    expect(await isSilent(host)).toBe(false)
    deaf.withdraw()
  })
  test('is not one whose caller has gone', async () => {
    const { host } = await withMap()
    host.multipathd.pause()
    const gone = new AbortController()
    const waiting = askedMultipathd(host, 'show daemon', gone.signal)
    gone.abort(new Error('gone'))
    await expect(waiting).rejects.toThrow('gone')
    expect(await isSilent(host)).toBe(false)
  })
})

describe('a daemon that is stopped', () => {
  test('stays so when it still is after a second', async () => {
    const { host } = await withMap()
    expect(await staysStopped(host, forever)).toBe(false)
    const goOn = host.multipathd.pause()
    const long = staysStopped(host, forever)
    expect(await long).toBe(true)
    goOn()
    expect(await staysStopped(host, forever)).toBe(false)
  })
  test('for a moment does not', async () => {
    const { host } = await withMap()
    const goOn = host.multipathd.pause()
    const short = staysStopped(host, forever)
    await host.clock.sleep(500, forever)
    goOn()
    expect(await short).toBe(false)
  })
})

describe('the configuration of a daemon', () => {
  test.each([
    ['strict', true],
    ['yes', true],
    ['no', false],
    ['greedy', false],
    ['smart', false],
  ] as const)('with find_multipaths %s leaves volumes with one path alone: %s', async (findMultipaths, expected) => {
    const { host } = await mapped({ findMultipaths })
    expect(await leavesSinglePathsAlone(host)).toBe(expected)
  })
  test('may say so in a file of its folder, and says nothing without a daemon or when it cannot be read', async () => {
    const { host } = await mapped()
    host.put('/etc/multipath/conf.d/10-other.conf', 'defaults {\n  find_multipaths off\n}\n')
    expect(await leavesSinglePathsAlone(host)).toBe(false)
    host.put('/etc/multipath/conf.d/10-other.conf', 'defaults {\n  # find_multipaths off\n}\n')
    expect(await leavesSinglePathsAlone(host)).toBe(true)
    host.faults.plant({ on: 'files.read', matching: 'multipath.conf', does: { fail: 'EACCES' } })
    expect(await leavesSinglePathsAlone(host)).toBe(false)
    host.multipathd.kill()
    expect(await leavesSinglePathsAlone(host)).toBe(false)
  })
  test.each([
    ['defaults {\n\tfind_multipaths "no"\n}', ['no']],
    ['defaults { find_multipaths yes }', ['yes']],
    ['! find_multipaths no\nfind_multipaths_timeout 5', []],
  ])('%j', (text, expected) => {
    expect(findMultipathsIn(text)).toEqual(expected)
  })
})

describe('the state of a process', () => {
  const after = '1 4 4 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 98765 1000 20'
  test.each([
    [`4 (multipathd) T ${after}`, { state: 'T', startTime: '98765' }],
    [`4 (a) S (b)) D ${after}`, { state: 'D', startTime: '98765' }],
    ['4 (x) S 1 4', undefined],
    ['', undefined],
  ])('%j', (text, expected) => {
    expect(parseProcessState(text)).toEqual(expected)
  })
})
