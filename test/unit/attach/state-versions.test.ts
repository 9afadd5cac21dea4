import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { formatEntry, parseEntry } from '../../../lib/operation/entry-text.js'
import { Journal } from '../../../lib/attach/journal.js'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'

const fixtures = join(import.meta.dirname, '../../fixtures/state')
const stateDir = '/var/lib/brickwork'

/** A machine with the state directory that a released version has left. */
function machineWith(version: string): FakeHost {
  const host = new FakeHost()
  host.putDirectory(`${stateDir}/attachments`, 0o700)
  const from = join(fixtures, version, 'attachments')
  for (const name of readdirSync(from)) host.put(`${stateDir}/attachments/${name}`, readFileSync(join(from, name)), { mode: 0o600 })
  return host
}

test.each(readdirSync(fixtures))(
  'the state directory of %s stays readable: every file in it, under the id that it is about',
  async (version) => {
    const host = machineWith(version)
    const journal = new Journal(host, stateDir, 'agent')
    const { entries, errors } = await journal.all()
    expect(errors).toEqual([])
    expect(entries).toHaveLength(host.names(`${stateDir}/attachments`).length)
    for (const entry of entries) expect(await journal.read(entry.id)).toEqual(entry)
  },
)

describe('the state directory of v1', () => {
  test('says of an attached iSCSI volume what it said when it was written', async () => {
    const entry = await new Journal(machineWith('v1'), stateDir, 'agent').read('volume-1')
    expect(entry).toMatchObject({ schema: 2, id: 'volume-1', owner: 'agent', state: 'attached', pending: [] })
    expect(entry?.connection).toEqual({
      protocol: 'iscsi',
      targets: [{ portal: '192.0.2.1:3260', iqn: 'iqn.2003-01.org.example:volume-1', lun: '1' }],
      auth: { username: 'ali' },
    })
    expect(entry?.objects.map(({ kind, key, origin }) => [kind, key, origin])).toEqual([
      ['record', 'record /etc/iscsi/nodes/iqn.2003-01.org.example:volume-1/192.0.2.1,3260', 'created'],
      ['session', 'session 1', 'created'],
      ['disk', 'disk session 1 1', 'created'],
    ])
    const wwid = '36001405ebb9f0998b83d5a284b2432e3'
    expect(entry?.result).toMatchObject({
      kind: 'block',
      path: '/dev/sda',
      device: '/dev/sda',
      identity: { scheme: 'scsi', id: wwid },
      wwid,
      sizeBytes: 1_073_741_824,
      named: 1,
      paths: [{ device: '/dev/sda', label: '192.0.2.1:3260', iscsi: { portal: '192.0.2.1:3260', iface: 'default', session: 1 } }],
    })
  })
  test('is written in the present schema, and loses nothing', () => {
    const from = join(fixtures, 'v1', 'attachments')
    for (const name of readdirSync(from)) {
      const text = readFileSync(join(from, name), 'utf8')
      const upgraded = parseEntry(text, name)
      const written = formatEntry(upgraded)
      expect(parseEntry(written, name)).toEqual(upgraded)
      const before = JSON.parse(text) as { id: string; boot: string; objects: { data: Record<string, unknown> }[]; pending: unknown[] }
      const { schema, id, owner, boot, keys } = JSON.parse(written) as Record<string, unknown>
      expect({ schema, id, owner, boot }).toEqual({ schema: 2, id: before.id, owner: 'agent', boot: before.boot })
      expect(keys).toEqual(expect.arrayContaining(upgraded.objects.map(({ key }) => key)))
      expect(upgraded.objects.map(({ data }) => data['name'])).toEqual(before.objects.map(({ data }) => data['name']))
      expect(upgraded.pending).toHaveLength(before.pending.length)
    }
  })
  test('is taken up by an attacher of today, which knows that its numbers are of another boot', async () => {
    const host = machineWith('v1')
    const attacher = await createAttacher({ host, owner: 'agent' })
    const before = await attacher.list()
    expect(before).toHaveLength(6)
    expect(before.filter(({ id }) => id === 'volume-1')).toEqual([
      {
        id: 'volume-1',
        owner: 'agent',
        state: 'attached',
        protocol: 'iscsi',
        kind: 'block',
        path: '/dev/sda',
        device: '/dev/sda',
        wwid: '36001405ebb9f0998b83d5a284b2432e3',
        present: false,
      },
    ])
    expect(await attacher.detach('volume-1')).toMatchObject({ id: 'volume-1' })
    expect(await attacher.list()).toEqual(before.filter(({ id }) => id !== 'volume-1'))
    await attacher.close()
    host.verify()
  })
  test('holds no secret', () => {
    const from = join(fixtures, 'v1', 'attachments')
    for (const name of readdirSync(from)) expect(readFileSync(join(from, name), 'utf8')).not.toMatch(/secret|password|sesame/i)
  })
})
