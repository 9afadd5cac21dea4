/** Power is lost in the middle of an attach: the journal only records that it began, and node records outlive the boot. */
import { expect, test } from 'vitest'
import { expectClean, request, serveOne } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'

for (const way of ['recover', 'detach', 'attach'] as const) {
  test(`what an interrupted attach wrote to the disk goes by a ${way}`, async () => {
    const world = await createFakeWorld()
    await serveOne(world)
    const attacher = await world.attacher()
    void attacher.attach(request('one'))
    while ((await world.leftovers()).records.length === 0) await world.sleep(1)
    world.reboot()
    const next = await world.attacher()
    // Longer than a login can be in progress.
    await world.sleep(30_000)
    if (way === 'recover') await next.recover()
    if (way === 'attach') await next.attach(request('one'))
    if (way !== 'recover') await next.detach('one')
    await world.close()
    await expectClean(world, 'at the end')
    expect(await world.list(`${world.stateDir}/attachments`)).toEqual([])
  })
}
