import { describe, expect, test, vi } from 'vitest'

import { Claims } from '../../../lib/operation/claims.js'
import type { ChangedFiles } from '../../../lib/core/host.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { BOOT, entryOf } from './entries.js'

const directory = '/run/brickwork/claims'
const disk = { kind: 'disk', key: 'disk 1 1', origin: 'created', data: {} } as const
async function opened(host = new FakeHost(), boot = BOOT): Promise<{ host: FakeHost; claims: Claims }> {
  const claims = new Claims(host, '/run/brickwork', boot)
  await claims.open()
  return { host, claims }
}

describe('claims', () => {
  test('are nobody else to read: their directory is 0700, their files are 0600', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v'))
    const [name = ''] = host.names(directory)
    expect((await host.files.stat(directory))?.mode).toBe(0o700)
    expect((await host.files.stat(`${directory}/${name}`))?.mode).toBe(0o600)
    expect(host.durableWrites).toBe(0)
  })
  test('are kept apart by owner and id', async () => {
    const { claims } = await opened()
    const pairs = [
      ['a', 'bc'],
      ['ab', 'c'],
      ['a', 'b'],
    ] as const
    for (const [owner, id] of pairs) await claims.write(entryOf(id, { owner }))
    for (const [owner, id] of pairs) expect(await claims.read(owner, id)).toEqual(entryOf(id, { owner }))
    expect(await claims.all()).toHaveLength(3)
    await claims.drop('a', 'bc')
    await claims.drop('a', 'bc')
    expect(await claims.read('a', 'bc')).toBeUndefined()
    expect(await claims.all()).toHaveLength(2)
  })
  test('are seen by all owners at once', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v', { objects: [disk] }))
    const theirs = new Claims(host.process(), '/run/brickwork', BOOT)
    expect(await theirs.others('somebody', 'v', disk.key)).toEqual([disk])
    expect(await theirs.others('agent', 'w', disk.key)).toEqual([disk])
  })
  test('of an attachment say nothing to itself, and nothing of other objects', async () => {
    const { claims } = await opened()
    await claims.write(entryOf('v', { objects: [disk] }))
    expect(await claims.others('agent', 'v', disk.key)).toEqual([])
    expect(await claims.others('agent', 'w', 'disk 1 2')).toEqual([])
  })
  test('are found by what they speak of: objects, logins that were given up, targets, WWIDs', async () => {
    const { host, claims } = await opened()
    const theirs = new Claims(host.process(), '/run/brickwork', BOOT)
    const shown = { ...disk, common: ['naa.1'], data: { name: 'sda' } }
    const login = { kind: 'login', key: 'login there', untilMs: 1, common: ['iqn.example:a'], data: {} }
    await claims.write(entryOf('v', { objects: [shown, { ...shown, key: 'disk 2 1' }] }))
    await claims.write(entryOf('w', { objects: [shown], pending: [login] }))
    const about = async (word: string) => (await theirs.about(word)).map(({ id }) => id).sort()
    expect(await about(disk.key)).toEqual(['v', 'w'])
    expect(await about('disk 2 1')).toEqual(['v'])
    expect(await about('naa.1')).toEqual(['v', 'w'])
    expect([await about(login.key), await about('iqn.example:a')]).toEqual([['w'], ['w']])
    expect(await about('sda')).toEqual([])
    await claims.write(entryOf('v', { objects: [] }))
    expect([await about(disk.key), await about('disk 2 1')]).toEqual([['w'], []])
    await claims.drop('agent', 'w')
    expect([await about(disk.key), await about('naa.1'), await about('iqn.example:a')]).toEqual([[], [], []])
  })
  test('of another boot mean nothing: its numbers are given to others by now', async () => {
    const { host, claims } = await opened(new FakeHost(), 'an earlier boot')
    await claims.write(entryOf('v', { boot: 'an earlier boot', objects: [disk] }))
    const now = new Claims(host, '/run/brickwork', BOOT)
    expect(await now.read('agent', 'v')).toBeUndefined()
    expect(await now.all()).toEqual([])
    expect(await now.others('agent', 'w', disk.key)).toEqual([])
    expect(await claims.all()).toHaveLength(1)
  })
  test('are gone with the boot themselves', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v'))
    expect(await new Claims(host.reboot(), '/run/brickwork', BOOT).all()).toEqual([])
  })
  test('that cannot be read may name whatever this process has not begun, and are not deleted', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v', { objects: [disk] }))
    host.put(`${directory}/torn.json`, '{')
    expect(await claims.others('agent', 'w', disk.key)).toEqual([disk])
    expect(claims.unclear(disk.key)).toMatchObject({ code: 'ERR_STATE', details: { file: `${directory}/torn.json` } })
    claims.begin('disk 2 1')
    expect(claims.unclear('disk 2 1')).toBeUndefined()
    claims.letGo(['disk 2 1'])
    expect(claims.unclear('disk 2 1')).toBeDefined()
    expect(host.names(directory)).toHaveLength(2)
    expect(host.log.lines).toMatchObject([{ level: 'warn', fields: { file: `${directory}/torn.json` } }])
  })
  test('are read past files that are none and past one that goes meanwhile', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v'))
    await claims.write(entryOf('w'))
    host.put(`${directory}/README`, 'x')
    const readChanged = host.kernel.readChanged.bind(host.kernel)
    vi.spyOn(host.kernel, 'readChanged').mockImplementationOnce(async (request, signal) => {
      await claims.drop(entryOf('w').owner, 'w')
      return await readChanged(request, signal)
    })
    expect((await claims.all()).map(({ id }) => id)).toEqual(['v'])
    host.verify()
  })
  test('are read one by one where the kernel does not give them together, and what has changed is seen all the same', async () => {
    const { host, claims } = await opened()
    await claims.write(entryOf('v'))
    await claims.write(entryOf('w'))
    expect(await claims.all()).toHaveLength(2)
    const theirs = new Claims(host.process(), '/run/brickwork', BOOT)
    await theirs.drop('agent', 'w')
    await theirs.write(entryOf('v', { objects: [disk] }))
    host.faults.plant({ on: 'kernel.readChanged', matching: directory, times: 1, does: { hang: 'before' } })
    expect(await claims.all()).toEqual([entryOf('v', { objects: [disk] })])
    await theirs.write(entryOf('w'))
    expect((await claims.all()).map(({ id }) => id)).toEqual(['v', 'w'])
    expect(await claims.about(disk.key)).toEqual([entryOf('v', { objects: [disk] })])
    host.verify()
  })
  test('that are too large to be read with the others are read by themselves, each time', async () => {
    const { host, claims } = await opened()
    const large = entryOf('v', { objects: [{ ...disk, data: { name: 'x'.repeat(70_000) } }] })
    await claims.write(large)
    await claims.write(entryOf('w'))
    expect(await claims.all()).toHaveLength(2)
    await new Claims(host.process(), '/run/brickwork', BOOT).write({ ...large, objects: [...large.objects, { ...disk, key: 'disk 2 1' }] })
    expect((await claims.about('disk 2 1')).map(({ id }) => id)).toEqual(['v'])
    await claims.drop('agent', 'v')
    expect(await claims.all()).toEqual([entryOf('w')])
    host.verify()
  })
  test('of which nothing has changed are not read again', async () => {
    const { host, claims } = await opened()
    for (const id of ['u', 'v', 'w']) await claims.write(entryOf(id))
    const told = vi.spyOn(host.kernel, 'readChanged')
    for (let look = 0; look < 2; look++) expect(await claims.all()).toHaveLength(3)
    await claims.write(entryOf('v', { objects: [disk] }))
    expect(await claims.about(disk.key)).toHaveLength(1)
    const answers = await Promise.all(told.mock.results.map(({ value }) => value as Promise<ChangedFiles>))
    expect(answers.map(({ files }) => files.size)).toEqual([3, 0, 1])
  })
  describe('when looks are held up', () => {
    /** The next query reads the current state, and returns when the test releases it. */
    function hold(host: FakeHost): () => void {
      let letGo = () => {}
      const held = new Promise<void>((resolve) => (letGo = resolve))
      const readChanged = host.kernel.readChanged.bind(host.kernel)
      vi.spyOn(host.kernel, 'readChanged').mockImplementationOnce(async (request, signal) => {
        const seen = await readChanged(request, signal)
        await held
        return seen
      })
      return letGo
    }
    /** No caller waits longer than this for a query that hangs. */
    const PATIENCE_MS = 1_100
    const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id).sort()

    test('one that ends after a later one knows less', async () => {
      const { host, claims } = await opened()
      await claims.write(entryOf('v', { objects: [disk] }))
      const letGo = hold(host)
      const early = claims.all()
      await host.clock.advance(0)
      await claims.write(entryOf('w'))
      await claims.drop('agent', 'v')
      const later = claims.all()
      await host.clock.advance(PATIENCE_MS)
      expect(ids(await later)).toEqual(['w'])
      letGo()
      expect(ids(await early)).toEqual(['w'])
      expect(await claims.about(disk.key)).toEqual([])
    })
    test('one that was compared with what is known no more looks again', async () => {
      const { host, claims } = await opened()
      await claims.write(entryOf('u'))
      await claims.all()
      const letEarlyGo = hold(host)
      await claims.write(entryOf('v', { objects: [disk] }))
      const early = claims.all()
      await host.clock.advance(0)
      const letLaterGo = hold(host)
      await claims.drop('agent', 'v')
      const later = claims.all() // it does not report v, which was created and removed
      await host.clock.advance(PATIENCE_MS)
      letEarlyGo()
      expect(ids(await early)).toEqual(['u', 'v'])
      letLaterGo()
      expect(ids(await later)).toEqual(['u'])
      expect(await claims.about(disk.key)).toEqual([])
    })
  })
})
