/** A crash between the adoption of a disk and the answer of the attach, and the recovery after it. */
import { expect, test } from 'vitest'
import { type Toy, withVolume } from './toy-world.js'
import { disks, ended, LEFT, onLeft, origins, RIGHT } from './adopted.js'

test('recovery removes the unused disk and leaves the one in use', async () => {
  for (const used of [false, true]) {
    const toy = await withVolume()
    await toy.scanned()
    const mount = used ? await toy.world.mount('/dev/sda') : undefined
    const origin = used ? 'found' : 'adopted'
    await diesBeforeCommit(toy)
    expect(await origins(toy.world, 'one')).toEqual({ 'disk port left 1': origin })
    const next = await toy.world.attacher()
    const { actions } = await next.recover()
    expect(actions).toMatchObject([{ id: 'one', action: 'undone' }])
    expect(await disks(toy)).toEqual(used ? [LEFT, RIGHT] : [RIGHT])
    await mount?.unmount()
    await ended(toy)
  }
})

test('a disk that somebody has begun to use since stays', async () => {
  const toy = await withVolume()
  await toy.scanned()
  await diesBeforeCommit(toy)
  const mount = await toy.world.mount('/dev/sda')
  const next = await toy.world.attacher()
  expect((await next.recover()).actions).toMatchObject([{ id: 'one', action: 'left' }])
  expect(await disks(toy)).toEqual([LEFT, RIGHT])
  await mount.unmount()
  expect((await next.recover()).actions).toMatchObject([{ id: 'one', action: 'undone' }])
  expect(await disks(toy)).toEqual([RIGHT])
  await ended(toy)
})

/** The process dies when everything is done except the link and the commit of the attachment. */
async function diesBeforeCommit({ world, attacher }: Toy): Promise<void> {
  const victim = world.host
  victim.faults.plant({ on: 'files.link', does: { crash: 'before' } })
  await Promise.race([attacher.attach(onLeft('one')), victim.died])
  expect(victim.alive).toBe(false)
  world.crash()
}
