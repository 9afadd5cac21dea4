import { expect, test } from 'vitest'

import type { FakeHost } from '../../../lib/testing/index.js'
import { device, inquiry, IQN, loggedIn, scan, signal, stage } from './stage.js'

async function withDisk(): Promise<FakeHost> {
  const host = stage()
  await loggedIn(host)
  await scan(host, '0 0 1')
  await host.clock.advance(100)
  return host
}
const hex = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('hex')
const ascii = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString('latin1')
const send = (host: FakeHost, ...cdb: number[]) =>
  host.kernel.scsi({ device: '/dev/sg0', cdb: Uint8Array.from(cdb), length: 255, timeoutMs: 2000 }, signal)

test('page 0x80 holds the serial number, and counts the NUL behind it', async () => {
  const host = await withDisk()
  const page = await host.files.readBytes(`${device()}/vpd_pg80`)
  const serial = ascii(page?.subarray(4, 40))
  expect(serial).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  expect(hex(page?.subarray(0, 4))).toBe('00800025')
  expect(page?.length).toBe(41)
})

test('page 0x83 holds an NAA 6 identifier made from it, then T10, then designators of the port and the target', async () => {
  const host = await withDisk()
  const page = await host.files.readBytes(`${device()}/vpd_pg83`)
  const serial = ascii((await host.files.readBytes(`${device()}/vpd_pg80`))?.subarray(4, 40))
  const naa = `6001405${serial.replaceAll('-', '').slice(0, 25)}`
  expect(hex(page?.subarray(4, 24))).toBe(`01030010${naa}`)
  expect(host.text(`${device()}/wwid`)).toBe(`naa.${naa}`)
  expect(hex(page?.subarray(24, 28))).toBe(`0201${hex(Uint8Array.of(0, page?.[27] ?? 0))}`)
  expect(ascii(page)).toContain(`LIO-ORG FILEIO:${serial}\0`)
  expect(ascii(page)).toContain(`${IQN},t,0x0001`)
  // An NAA 6 of another association must not count as the LUN's own. The second byte of the port's designators shows their association.
  expect(hex(page)).toContain('519400040000')
})

test('a volume without a serial number has no identity', async () => {
  const host = stage()
  host.storage.volume('plain', { serial: null })
  host.storage.iscsi.mapLun(IQN, 1, 'plain')
  await loggedIn(host)
  await scan(host, '0 0 1')
  await expect(host.files.read(`${device()}/wwid`)).rejects.toMatchObject({ details: { errno: 'ENXIO' } })
  expect(await host.files.readBytes(`${device()}/vpd_pg80`)).toBeUndefined()
})

test('INQUIRY, VPD pages and TEST UNIT READY are answered live', async () => {
  const host = await withDisk()
  const standard = await inquiry(host)
  expect([standard.status, ascii(standard.data.subarray(8, 36))]).toEqual([0, 'LIO-ORG FILEIO          4.0 '])
  expect(hex((await inquiry(host, 0x80)).data)).toBe(hex(await host.files.readBytes(`${device()}/vpd_pg80`)))
  expect(hex((await inquiry(host, 0x00)).data)).toBe(hex(await host.files.readBytes(`${device()}/vpd_pg0`)))
  expect(await send(host, 0, 0, 0, 0, 0, 0)).toMatchObject({ status: 0, hostStatus: 0 })
  expect((await send(host, 0x12, 0, 0, 0, 36, 0)).data).toHaveLength(36)
  const unknownPage = await inquiry(host, 0xc0)
  expect([unknownPage.status, unknownPage.sense[2], unknownPage.sense[12]]).toEqual([2, 5, 0x24])
})

test('READ CAPACITY(16) and REPORT LUNS are answered live', async () => {
  const host = await withDisk()
  host.storage.resize('one', 1)
  expect(hex((await send(host, 0x9e, 0x10)).data.subarray(0, 12))).toBe('00000000000007ff00000200')
  expect(hex((await send(host, 0xa0, 0, 0, 0, 0, 0, 0, 0, 64, 0)).data)).toBe('000000100000000000010000000000000002000000000000')
})

test('a LUN that has gone answers 05/25/00', async () => {
  const host = await withDisk()
  host.storage.iscsi.unmapLun(IQN, 1)
  const { status, sense } = await send(host, 0, 0, 0, 0, 0, 0)
  expect([status, sense[2], sense[12], sense[13]]).toEqual([2, 5, 0x25, 0])
})

test('an sg node that is not there is ENOENT', async () => {
  const host = await withDisk()
  const missing = host.kernel.scsi({ device: '/dev/sg9', cdb: Uint8Array.of(0), length: 0, timeoutMs: 100 }, signal)
  await expect(missing).rejects.toMatchObject({ details: { errno: 'ENOENT' } })
})
