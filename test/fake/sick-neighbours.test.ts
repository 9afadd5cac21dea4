/** 64 devices that don't answer, 32 portals that drop packets and a mute multipathd beside 32 healthy volumes: whole operations. */
import { expect, test } from 'vitest'

import { type AttachRequest, createAttacher } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

const WELL = 32
const SICK_TARGETS = 8
const SICK_LUNS = 8
const forever = new AbortController().signal
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1)
const iqn = (name: string) => `iqn.2024-01.org.example:${name}`

function single(id: string, target: string, portal: string, lun: number): AttachRequest {
  return {
    id,
    connection: { protocol: 'iscsi', targets: [{ portal, iqn: iqn(target), lun }] },
    policy: { multipath: 'never' },
  }
}
const wellAt = (index: number) => single(`well-${index}`, 'well', '10.99.1.1:3260', index)
const sickAt = (target: number, lun: number) => single(`sick-${target}-${lun}`, `sick-${target}`, `10.99.2.${target}:3260`, lun)
const droppedAt = (index: number) => single(`dropped-${index}`, `dropped-${index}`, `10.99.3.${index}:3260`, 1)
const mapped: AttachRequest = {
  id: 'mapped',
  connection: { protocol: 'iscsi', targets: ['10.99.1.1:3260', '10.99.1.2:3260'].map((portal) => ({ portal, iqn: iqn('well'), lun: 40 })) },
  policy: { multipath: 'require' },
}

function stage(): FakeHost {
  const host = new FakeHost({ places: true, multipathd: 'running' })
  const target = (name: string, portals: readonly string[], luns: readonly number[]) => {
    for (const lun of luns) host.storage.volume(`${name}-${lun}`)
    host.storage.iscsi.target({ iqn: iqn(name), portals, luns: Object.fromEntries(luns.map((lun) => [lun, `${name}-${lun}`])) })
  }
  target('well', ['10.99.1.1:3260', '10.99.1.2:3260'], [...numbers(WELL), 40])
  for (const index of numbers(SICK_TARGETS)) target(`sick-${index}`, [`10.99.2.${index}:3260`], numbers(SICK_LUNS))
  for (const index of numbers(WELL)) {
    target(`dropped-${index}`, [`10.99.3.${index}:3260`], [1])
    host.storage.portal(`10.99.3.${index}:3260`, 'drop')
  }
  return host
}

test('every operation is answered by its deadline, and no healthy one waits for a place', { timeout: 60_000 }, async () => {
  const host = stage()
  const attacher = await createAttacher({ host })
  const sick = numbers(SICK_TARGETS).flatMap((target) => numbers(SICK_LUNS).map((lun) => sickAt(target, lun)))
  for (const request of sick) await attacher.attach(request)

  // Reads of sysfs wait only for each other, because the kernel answers them at once.
  const waits = () => Object.entries(host.waits()).filter(([lane]) => lane !== 'read')
  const began = host.clock.now()
  // Their sessions are lost, and their I/O waits for the replacement timeout.
  for (const target of numbers(SICK_TARGETS)) host.storage.portal(`10.99.2.${target}:3260`, 'drop')
  const mute = host.faults.plant({ on: 'kernel.exchange', matching: 'multipathd', does: { hang: 'before' }, times: Infinity })
  const troubled = [
    ...sick.map((request) => attacher.detach(request.id, { timeoutMs: 20_000 })),
    ...numbers(WELL).map((index) => attacher.attach(droppedAt(index), { timeoutMs: 30_000 })),
    attacher.attach(mapped, { timeoutMs: 30_000 }),
  ]
  const outcomes = Promise.allSettled(troubled).then((all) => ({ all, tookMs: host.clock.now() - began }))
  await host.clock.sleep(2_000, forever)

  const before = waits()
  const attached = await Promise.all(numbers(WELL).map((index) => attacher.attach(wellAt(index))))
  expect(attached).toHaveLength(WELL)
  await Promise.all(numbers(WELL).map((index) => attacher.detach(`well-${index}`)))
  // Operations that ask multipathd before it is known to be mute give up after 5 s.
  expect(host.clock.now() - began, 'none of them waited for a deadline').toBeLessThan(8_000)
  await Promise.all(numbers(WELL).map((index) => attacher.attach(wellAt(index))))
  const known = host.clock.now()
  await Promise.all(numbers(WELL).map((index) => attacher.detach(`well-${index}`)))
  expect(host.clock.now() - known, 'and now it is known').toBeLessThan(1_500)
  expect(waits()).toEqual(before)

  const { all, tookMs } = await outcomes
  expect(tookMs).toBeLessThanOrEqual(30_500)
  const codes = all.map((each) => (each.status === 'rejected' ? (each.reason as { code?: string }).code : 'done'))
  expect(new Set(codes.slice(0, sick.length))).toEqual(new Set(['ERR_TIMEOUT']))
  expect(new Set(codes.slice(sick.length, -1))).toEqual(new Set(['ERR_TARGET_UNREACHABLE']))
  expect(codes.at(-1)).toBe('ERR_MULTIPATH_NOT_FORMED')

  const refused = { code: 'ERR_STUCK_IN_KERNEL', retryable: true, details: { stuck: SICK_LUNS } }
  await expect(attacher.detach('sick-1-1'), 'a dead array gets no helper for each try').rejects.toMatchObject(refused)

  // At the end everything answers again.
  for (const target of numbers(SICK_TARGETS)) host.storage.portal(`10.99.2.${target}:3260`, 'open')
  mute.withdraw()
  await host.clock.sleep(150_000, forever)
  for (const request of sick) await attacher.detach(request.id)
  await attacher.close()
  host.verify()
})
