/** What the doctor promises as a whole: it only reads, it ends in time, and it needs nothing. */
import { expect, test } from 'vitest'
import { createAttacher, doctor } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { allChecks } from '../../../lib/doctor/all-checks.js'
import { createConnectors } from '../../../lib/connectors/index.js'
import { whole } from './whole.js'

/** Calls that only read. None of them opens a device or reaches a daemon. */
const READS = [
  'files.read',
  'files.readFiles',
  'files.readBytes',
  'files.list',
  'files.stat',
  'files.readLink',
  'files.resolve',
  'locks.holders',
  'kernel.readTree',
  'kernel.readChanged',
]
const STATUS = 'kernel.deviceMapper'

test('a run changes no file, runs no program and connects to nothing', async () => {
  const host = new FakeHost({ multipathd: 'running' })
  const before = whole(host)
  const report = await doctor({ host })
  expect(report.checks.length).toBeGreaterThan(15)
  expect(whole(host)).toEqual(before)
  expect(host.ran).toEqual([])
  const calls = new Set(host.trace.filter(({ pid }) => pid === host.pid).map(({ call }) => call))
  expect([...calls].filter((call) => ![...READS, STATUS].includes(call))).toEqual([])
  host.verify()
})

test('it runs without the native part, and says so', async () => {
  const host = new FakeHost({ addon: false })
  const { answer, checks } = await doctor({ host })
  expect(answer).toBe('problem')
  expect(checks.find(({ id }) => id === 'host.kernel')?.answer).toBe('ok')
})

test('a check without an answer is unknown after its time, and the others answer', async () => {
  const host = new FakeHost()
  const fault = host.faults.plant({ on: 'files.read', matching: 'osrelease', times: 10, does: { hang: 'before' } })
  const { checks } = await doctor({ host, timeoutMs: 700 })
  expect(checks.find(({ id }) => id === 'host.kernel')).toMatchObject({
    answer: 'unknown',
    summary: 'host.kernel: no answer within 700 ms',
    evidence: [],
  })
  expect(checks.find(({ id }) => id === 'host.root')?.answer).toBe('ok')
  fault.withdraw()
})

test('an abort ends it with the reason', async () => {
  const host = new FakeHost()
  host.faults.plant({ on: 'files.read', matching: 'osrelease', times: 10, does: { hang: 'before' } })
  const controller = new AbortController()
  const running = doctor({ host, signal: controller.signal })
  const reason = new Error('enough')
  controller.abort(reason)
  await expect(running).rejects.toBe(reason)
})

test('wrong options are refused', async () => {
  const host = new FakeHost()
  await expect(doctor({ host, timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
  await expect(doctor({ host, connection: { protocol: 'iscsi', targets: [] } })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
})

test('an attacher examines its host with its own directories', async () => {
  const host = new FakeHost()
  await using attacher = await createAttacher({ host, stateDir: '/srv/state' })
  const { checks } = await attacher.doctor()
  expect(checks.find(({ id }) => id === 'state.journal')?.evidence).toEqual([{ source: '/srv/state/attachments', value: '0 entries' }])
})

test('ids are unique, begin with their group, and come group by group', async () => {
  const checks = allChecks(await createConnectors())
  const ids = checks.map(({ id }) => id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { id, group } of checks) expect(id).toMatch(new RegExp(`^${group}\\.[a-z-]+$`))
  const groups = checks.map(({ group }) => group)
  expect(groups.filter((group, index) => group !== groups[index - 1])).toEqual([...new Set(groups)])
})
