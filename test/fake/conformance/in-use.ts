/** The library does not remove a device that a program uses. */
import { describe, expect } from 'vitest'
import { clausesOf } from './clauses.js'
import { BELOW, type KindOfUse, TOP } from './kinds-of-use.js'
import { mapStage, MAPS, pathsOf, settled, stage, type Stage } from './stage.js'
import type { Subject } from './subject.js'

export function inUseClauses(subject: Subject): void {
  const test = clausesOf(subject)
  describe(`connector ${subject.name}`, () => {
    test('is not taken away while it is mounted, and can be used on', async () => {
      const on = await stage(subject)
      const { device, stableLink } = await on.attacher.attach(on.request('one'))
      const mount = await on.world.mount(device)
      const refused = on.attacher.detach('one', { force: true })
      await expect(refused).rejects.toMatchObject({ code: 'ERR_HELD', details: { holders: [{ kind: 'mount', where: mount.mountPoint }] } })
      expect(on.world.host.real(stableLink ?? '')).toBe(on.world.host.real(device))
      expect(await on.attacher.inspect('one')).toMatchObject({
        state: 'attached',
        present: true,
        attachment: { device, stableLink, udevReady: true },
        holders: [{ kind: 'mount' }],
      })
      await mount.unmount()
      await on.attacher.detach('one')
      await settled(on)
    })

    test('is taken away by force from somebody who merely has it open, and says what that may cost', async () => {
      const on = await stage(subject)
      const { device } = await on.attacher.attach(on.request('one'))
      const opener = await on.world.openRaw(device)
      await expect(on.attacher.detach('one')).rejects.toMatchObject({
        code: 'ERR_HELD',
        details: { holders: [{ kind: 'process', pid: opener.pid }] },
      })
      expect(await on.attacher.detach('one', { force: true })).toMatchObject({ outcome: 'released', dataLossPossible: true })
      await opener.close()
      await settled(on)
    })

    test('waits for a prober that has it open for a moment', async () => {
      const on = await stage(subject)
      const { device } = await on.attacher.attach(on.request('one'))
      const prober = await on.world.openRaw(device)
      const detached = on.attacher.detach('one')
      await on.world.sleep(300)
      await prober.close()
      expect(await detached).toMatchObject({ outcome: 'released', dataLossPossible: false })
      await settled(on)
    })

    clausesOf(subject, 'map')('loses its paths by force under a program that only has it open, and goes when that ends', async () => {
      const on = await mapStage(subject, MAPS['map by multipathd'])
      const { device } = await on.attacher.attach(on.request('one'))
      const opener = await on.world.openRaw(device)
      await expect(on.attacher.detach('one', { force: true })).rejects.toMatchObject({ code: 'ERR_DETACH_INCOMPLETE', sideEffects: 'left' })
      expect(on.world.host.volumesBehind(device).filter((name) => name !== '')).toEqual([])
      await opener.close()
      expect((await on.attacher.detach('one')).outcome).toBe('released')
      await settled(on, { removed: 2 })
    })

    describe('is refused, with everything as it was, while it is used', () => {
      const test = clausesOf(subject, 'is refused while it is used')
      for (const [kind, use] of Object.entries(TOP)) {
        test(`single path: ${kind}`, async () => {
          await refusedWhileUsed(await stage(subject), use)
        })
        if (use.ofDisk !== true)
          test(`map: ${kind}`, async () => {
            await refusedWhileUsed(await mapStage(subject, MAPS['map by multipathd']), use)
          })
      }
      for (const [kind, use] of Object.entries(BELOW))
        for (const [place, index] of [
          ['a path', 0],
          ['the other path', 1],
        ] as const)
          test(`${place} of the map: ${kind}`, async () => {
            const label = pathsOf(subject).labels[index]
            await refusedWhileUsed(await mapStage(subject, MAPS['map by multipathd'], {}), use, label)
          })
    })
  })
}

/** `label`: the program uses a path below the device, not the device. */
async function refusedWhileUsed(on: Stage, { begin, holder, where, silent }: KindOfUse, label?: string): Promise<void> {
  const { world, attacher } = on
  const { device, paths } = await attacher.attach(
    on.request('one', label === undefined ? {} : { policy: { ...MAPS['map by multipathd'], paths: { min: 'all' } } }),
  )
  const used = label === undefined ? device : (paths.find((path) => path.label === label)?.device ?? '')
  const use = await begin(world, used)
  const [there, volumes] = [await world.leftovers(), world.host.volumesBehind(device)]
  const refused = {
    code: 'ERR_HELD',
    details: {
      device: used,
      holders: [{ kind: holder, ...(where === undefined ? {} : { where: expect.stringMatching(where) as string }) }],
    },
  }
  await expect(attacher.detach('one')).rejects.toMatchObject(refused)
  if (silent !== true) await expect(attacher.detach('one', { force: true })).rejects.toMatchObject(refused)
  expect([await world.leftovers(), world.host.volumesBehind(device)]).toEqual([there, volumes])
  expect(await attacher.list()).toMatchObject([{ id: 'one', state: 'attached', present: true }])
  await use.end()
  expect(await attacher.detach('one')).toMatchObject({ outcome: 'released', dataLossPossible: false })
  await settled(on, { removed: volumes.length })
}
