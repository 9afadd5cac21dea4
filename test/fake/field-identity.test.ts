/** Cases from years of bug reports of other projects: identity and secrets. */
import { expect, test } from 'vitest'
import { IQN, PORTAL, request } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { ended, overAll, serve } from './field.js'

test('no answer of an error, event, log or file has a secret of any spelling', async () => {
  for (const secret of ['a b # c = d', '#sixteen-bytes!!', 'ü€"\\\'`$(x)']) {
    const world = await createFakeWorld()
    await world.volume('data')
    const chap = { username: 'someone', secret, target: { username: 'array', secret: `${secret}-of-target` } }
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap })
    const attacher = await world.attacher()
    const told: unknown[] = []
    void (async () => {
      for await (const event of attacher.events()) told.push(event)
    })()
    const withSecret = (given: string) => {
      const plain = request('one')
      return { ...plain, connection: { ...plain.connection, auth: { ...chap, secret: given } } } as typeof plain
    }
    const wrong = await attacher.attach(withSecret(`${secret}-wrong`), { timeoutMs: 20_000 }).catch((error: unknown) => error)
    expect(wrong).toMatchObject({ code: 'ERR_AUTHENTICATION' })
    told.push(
      wrong,
      await attacher.attach(withSecret(secret)),
      await attacher.resize('one'),
      await attacher.list(),
      await attacher.inspect('one'),
    )
    for (const directory of [`${world.stateDir}/attachments`, `${world.runDir}/claims`])
      for (const name of await world.list(directory)) told.push(await world.readText(`${directory}/${name}`))
    told.push(world.host.ran, world.host.log.lines, await attacher.detach('one'))
    const all = told.map((each) => `${String(each)} ${JSON.stringify(each)} ${each instanceof Error ? (each.stack ?? '') : ''}`)
    expect(all.filter((text) => text.includes(secret) || text.includes(JSON.stringify(secret).slice(1, -1)))).toEqual([])
    await ended(world)
  }
})

test('a volume that shows no identity is attached over one path, and has no map', async () => {
  const world = await serve()
  world.host.storage.volume('nobody', { serial: null })
  await world.mapLun(IQN, 2, 'nobody')
  const attacher = await world.attacher()
  for (const multipath of ['never', 'prefer'] as const) {
    const attachment = await attacher.attach(request('one', { lun: 2, portals: PORTALS, policy: { multipath } }))
    expect(attachment).toMatchObject({ multipath: null })
    expect(attachment.wwid).toBeUndefined()
    expect((await world.leftovers()).disks).toEqual([`${IQN} 2`])
    await attacher.detach('one')
  }
  const required = attacher.attach(request('one', { lun: 2, portals: PORTALS, policy: { multipath: 'require' } }))
  await expect(required).rejects.toMatchObject({ code: 'ERR_MULTIPATH_NOT_FORMED', sideEffects: 'undone' })
  await ended(world)
})

test('a link that cannot be made takes the attach back', async () => {
  const world = await serve()
  const attacher = await world.attacher()
  world.host.faults.plant({ on: 'files.link', does: { fail: 'ENOSPC' } })
  await expect(attacher.attach(overAll())).rejects.toMatchObject({ step: 'commit', sideEffects: 'undone' })
  await ended(world)
})

test('no link of udev is believed: those that lead elsewhere change nothing', async () => {
  const world = await serve()
  await world.volume('boot')
  world.host.localDisk('vdb', 'boot')
  const attacher = await world.attacher()
  const { wwid = '' } = await attacher.attach(overAll())
  await attacher.detach('one')
  for (const name of [
    `by-id/dm-uuid-mpath-${wwid}`,
    `by-id/scsi-${wwid}`,
    `by-id/wwn-0x${wwid.slice(1)}`,
    `by-path/ip-${PORTAL}-iscsi-${IQN}-lun-1`,
  ])
    world.host.putLink(`/dev/disk/${name}`, '../../vdb')
  const { device, stableLink, multipath } = await attacher.attach(overAll())
  expect(device).toMatch(/^\/dev\/dm-/)
  expect([multipath?.device, world.host.real(stableLink ?? '')]).toEqual([device, device])
  await attacher.detach('one')
  expect(world.host.names('/sys/block')).toContain('vdb')
  await ended(world)
})

test('a disk of another volume with the same WWID gets into no map that is handed out, and stays as it was', async () => {
  const world = await serve({ findMultipaths: 'no' })
  world.host.storage.volume('clone', { serial: world.host.storage.volumeNamed('data').serial ?? '' })
  const other = { iqn: `${IQN}.clone`, portal: '10.99.5.1:3260' }
  await world.target({ iqn: other.iqn, portals: [other.portal], luns: { 1: 'clone' } })
  await world.foreignLogin(other.iqn, other.portal)
  await world.sleep(1000)
  const before = await world.leftovers()
  const attacher = await world.attacher()
  await expect(attacher.attach(overAll())).rejects.toMatchObject({ code: 'ERR_IDENTITY_CONFLICT', step: 'assemble' })
  expect(await world.leftovers()).toEqual(before)
  await attacher.close()
  await world.foreignLogout(other.iqn, other.portal)
  await world.tellMultipathd(`del map ${(await world.maps())[0]?.name ?? ''}`)
  await ended(world)
})
