/** The caller's expectations of a volume: applied, or rejected before anything changes. */
import { expect, test } from 'vitest'
import type { AttachRequest } from '../../lib/index.js'
import { IQN, request } from '../world/expect.js'
import { ended, serve } from './field.js'

test.each<[string, Partial<AttachRequest>, string]>([
  ['nothing to compare with', { policy: { identity: 'require' } }, 'request.expected'],
  ['only a size', { policy: { identity: 'require' }, expected: { sizeBytes: 1024 } }, 'request.expected'],
  ['half of a WWID', { expected: { wwid: '0x6001405a1b2c3d4e' } }, 'request.expected.wwid'],
  ['a serial number as a WWID', { expected: { wwid: 'beaf11' } }, 'request.expected.wwid'],
  ['a word as a WWID', { expected: { wwid: 'garbage' } }, 'request.expected.wwid'],
  ['an NAA name that is too short', { expected: { wwid: 'naa.6' } }, 'request.expected.wwid'],
  ['an NAA name that is too long', { expected: { wwid: `naa.6${'0'.repeat(32)}` } }, 'request.expected.wwid'],
  ['the first half of an NAA 6 name', { expected: { wwid: 'naa.6001405a1b2c3d4e' } }, 'request.expected.wwid'],
  ['an EUI-64 name of five bytes', { expected: { wwid: 'eui.0123456789' } }, 'request.expected.wwid'],
  ['an EUI-64 name with letters', { expected: { wwid: 'eui.0123456789abcdeg' } }, 'request.expected.wwid'],
  ['a name string of no known kind', { expected: { wwid: '8volume' } }, 'request.expected.wwid'],
  ['text that no T10 designator has', { expected: { wwid: 't10.VENDÖR' } }, 'request.expected.wwid'],
  ['a serial number with a space at its end', { expected: { serial: 'beaf11 ' } }, 'request.expected.serial'],
  ['a size of no bytes', { expected: { sizeBytes: 0 } }, 'request.expected.sizeBytes'],
  ['a size of half a sector', { expected: { sizeBytes: 768 } }, 'request.expected.sizeBytes'],
  ['no UUID', { expected: { uuid: 'beaf11' } }, 'request.expected.uuid'],
])('%s is refused without a session or a scan', async (_, more, field) => {
  const world = await serve()
  const attacher = await world.attacher()
  const ran = world.host.ran.length
  const refused = { code: 'ERR_INVALID_ARGUMENT', sideEffects: 'none', details: { field } }
  await expect(attacher.attach(request('one', more))).rejects.toMatchObject(refused)
  expect([world.host.ran.length, await world.disks(), await world.list(`${world.runDir}/claims`)]).toEqual([ran, [], []])
  await ended(world)
})

test('the UUID and the NGUID of a volume that shows them are compared; one that shows none is another volume', async () => {
  const world = await serve()
  const { naa = '' } = world.host.storage.volume('shows', { identity: 'several' })
  await world.mapLun(IQN, 2, 'shows')
  const attacher = await world.attacher()
  const attach = (lun: number, expected: AttachRequest['expected']) =>
    attacher.attach(
      request('one', { lun, ...(expected === undefined ? {} : { expected }), policy: { multipath: 'never', identity: 'require' } }),
    )
  const dashed = naa.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-').toUpperCase()
  expect(await attach(2, { uuid: `urn:uuid:${dashed}` })).toMatchObject({ wwid: `3${naa}` })
  await attacher.detach('one')
  for (const [lun, expected] of [
    [2, { uuid: '0'.repeat(32) }],
    [2, { nguid: '0'.repeat(32) }],
    [1, { uuid: dashed }],
  ] as const)
    await expect(attach(lun, expected)).rejects.toMatchObject({ code: 'ERR_IDENTITY_MISMATCH', sideEffects: 'undone' })
  await ended(world)
})
