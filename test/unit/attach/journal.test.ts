import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'

import { formatEntry } from '../../../lib/operation/entry-text.js'
import { Journal } from '../../../lib/attach/journal.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { entryOf } from '../operation/entries.js'

const directory = '/var/lib/brickwork/attachments'
const fileOf = (id: string) => `${directory}/${createHash('sha256').update(id).digest('hex')}.json`
async function opened(owner = 'agent'): Promise<{ host: FakeHost; journal: Journal }> {
  const host = new FakeHost()
  const journal = new Journal(host, '/var/lib/brickwork', owner)
  await journal.open()
  return { host, journal }
}

describe('the journal', () => {
  test('is nobody else to read: its directory is 0700, its files are 0600', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v'))
    expect((await host.files.stat(directory))?.mode).toBe(0o700)
    expect((await host.files.stat(fileOf('v')))?.mode).toBe(0o600)
    host.verify()
  })
  test('can be opened again with what is in it', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v'))
    await journal.open()
    expect(await new Journal(host, '/var/lib/brickwork', 'agent').read('v')).toEqual(entryOf('v'))
  })
  test.each(['v', '../../etc/passwd', 'a/b', '.', 'ü', 'x'.repeat(256)])('keeps the id %j out of the file name', async (id) => {
    const { host, journal } = await opened()
    await journal.write(entryOf(id))
    expect(host.names(directory)).toEqual([fileOf(id).slice(directory.length + 1)])
    expect(await journal.read(id)).toEqual(entryOf(id))
  })
  test('replaces an entry as a whole, in one durable write', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v', { state: 'attaching' }))
    const before = host.durableWrites
    await journal.write(entryOf('v'))
    expect(host.durableWrites - before).toBe(1)
    expect(await journal.read('v')).toMatchObject({ state: 'attached' })
  })
  test('forgets nothing while its directory is gone: it would come back with its disk', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v'))
    host.take(directory)
    await expect(journal.forget('v')).rejects.toMatchObject({ code: 'ERR_STATE' })
    host.verify()
  })
  test('is rid of temporary files of killed writers, and of nothing that is still being written', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v'))
    host.put(`${directory}/.brickwork-abandoned.tmp`, 'half')
    await host.clock.advance(660_000)
    host.put(`${directory}/.brickwork-1.tmp`, 'ha')
    host.put(`${directory}/somebody-elses.tmp`, '')
    await journal.tidy()
    expect(host.names(directory).sort()).toEqual(['.brickwork-1.tmp', fileOf('v').slice(directory.length + 1), 'somebody-elses.tmp'].sort())
    host.verify()
  })
  test('knows nothing of what was never written, and forgets for good', async () => {
    const { host, journal } = await opened()
    expect(await journal.read('v')).toBeUndefined()
    await journal.write(entryOf('v'))
    await journal.forget('v')
    await journal.forget('v')
    expect(await journal.read('v')).toBeUndefined()
    expect(host.names(directory)).toEqual([])
  })
  test('survives the loss of power with what had been written', async () => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v'))
    expect(await new Journal(host.reboot(), '/var/lib/brickwork', 'agent').read('v')).toEqual(entryOf('v'))
  })
  test('goes on past files that it cannot read, and tells of each', async () => {
    const { host, journal } = await opened()
    for (const id of ['a', 'b', 'c']) await journal.write(entryOf(id))
    host.put(`${directory}/torn.json`, '{"schema": 1, "id"')
    host.put(`${directory}/newer.json`, '{"schema": 2}')
    host.put(`${directory}/theirs.json`, formatEntry(entryOf('d', { owner: 'somebody' })))
    host.put(`${directory}/.brickwork-400-1.tmp`, 'half')
    host.faults.plant({ on: 'files.read', matching: fileOf('b'), does: { fail: 'EIO' } })
    const { entries, errors } = await journal.all()
    expect(entries.map(({ id }) => id).sort()).toEqual(['a', 'c'])
    expect(errors.map(({ details }) => details['file'] ?? details['path']).sort()).toEqual(
      [fileOf('b'), `${directory}/newer.json`, `${directory}/theirs.json`, `${directory}/torn.json`].sort(),
    )
    expect(host.names(directory)).toHaveLength(7)
    host.verify()
  })
  test('is empty where nothing was ever attached', async () => {
    expect(await new Journal(new FakeHost(), '/var/lib/brickwork', 'agent').all()).toEqual({ entries: [], errors: [] })
  })
})

describe('ERR_STATE naming the file is the answer', () => {
  test('to an entry of another owner, which stays as it is', async () => {
    const { host, journal } = await opened('somebody')
    await journal.write(entryOf('v', { owner: 'somebody' }))
    const mine = new Journal(host, '/var/lib/brickwork', 'agent')
    await expect(mine.read('v')).rejects.toMatchObject({
      code: 'ERR_STATE',
      details: { file: fileOf('v') },
      message: expect.stringContaining('"somebody"') as unknown,
    })
    expect(await journal.read('v')).toEqual(entryOf('v', { owner: 'somebody' }))
  })
  test('to a torn entry, which stays as it is', async () => {
    const { host, journal } = await opened()
    host.put(fileOf('v'), '{"schema": 1, "id')
    await expect(journal.read('v')).rejects.toMatchObject({ code: 'ERR_STATE', details: { file: fileOf('v') } })
    expect(host.text(fileOf('v'))).toBe('{"schema": 1, "id')
  })
  test.each(['ENOSPC', 'EROFS', 'EDQUOT', 'EIO'])('to a disk that says %s, which is the cause', async (errno) => {
    const { host, journal } = await opened()
    await journal.write(entryOf('v', { state: 'attaching' }))
    host.faults.plant({ on: 'files.commit', times: 2, does: { fail: errno } })
    const answer = { code: 'ERR_STATE', details: { file: fileOf('v') }, cause: { details: { errno } } }
    await expect(journal.write(entryOf('v'))).rejects.toMatchObject(answer)
    await expect(journal.forget('v')).rejects.toMatchObject(answer)
    expect(await journal.read('v')).toMatchObject({ state: 'attaching' })
    host.verify()
  })
  test.each(['EROFS', 'ENOTDIR'])('to a state directory that cannot be made (%s)', async (errno) => {
    const host = new FakeHost()
    host.faults.plant({ on: 'files.makeDirectory', does: { fail: errno } })
    await expect(new Journal(host, '/var/lib/brickwork', 'agent').open()).rejects.toMatchObject({
      code: 'ERR_STATE',
      details: { file: directory },
      cause: { details: { errno } },
    })
  })
  test('to a directory or a file that cannot be read', async () => {
    const { host, journal } = await opened()
    host.faults.plant({ on: 'files.list', does: { fail: 'EIO' } })
    await expect(journal.all()).rejects.toMatchObject({ code: 'ERR_STATE', details: { file: directory } })
    host.faults.plant({ on: 'files.read', does: { fail: 'EIO' } })
    await expect(journal.read('v')).rejects.toMatchObject({ code: 'ERR_STATE', details: { file: fileOf('v') } })
    host.verify()
  })
})

test.each(['EACCES', 'EPERM'])(
  'without permission (%s) the answer is ERR_PERMISSION, and nobody is told to move a file away',
  async (errno) => {
    const { host, journal } = await opened()
    const refused = { code: 'ERR_PERMISSION', details: { errno }, message: expect.not.stringMatching(/move|repair/) as string }
    for (const on of ['files.makeDirectory', 'files.list', 'files.read', 'files.commit'] as const)
      host.faults.plant({ on, does: { fail: errno } })
    await expect(journal.open()).rejects.toMatchObject(refused)
    await expect(journal.all()).rejects.toMatchObject(refused)
    await expect(journal.read('v')).rejects.toMatchObject(refused)
    await expect(journal.write(entryOf('v'))).rejects.toMatchObject(refused)
    host.verify()
  },
)
