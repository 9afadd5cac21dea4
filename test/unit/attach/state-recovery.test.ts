/** This version recovers a state directory and claims of a released version, on the host that the killed process of that version left. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Entry } from '../../../lib/operation/entry.js'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { fakeLeftovers } from '../../world/fake/look.js'
import { ask } from '../testing/mapped.js'
import { login, record, scan } from '../testing/stage.js'

const fixtures = join(import.meta.dirname, '../../fixtures/state')
const KINDS = { attachments: '/var/lib/brickwork/attachments', claims: '/run/brickwork/claims' } as const
/** The serial numbers at the time when the files were written. They don't depend on code that may change. */
const SERIALS = {
  'volume-1': 'ebb9f099-8b83-d5a2-84b2-432e3b71d1dd',
  'volume-2': '20000000-0000-4000-8000-000000000002',
  'volume-3': '30000000-0000-4000-8000-000000000003',
  'map-1': '40000000-0000-4000-8000-000000000004',
  'map-2': '50000000-0000-4000-8000-000000000005',
  'map-3': '60000000-0000-4000-8000-000000000006',
}
const iqnOf = (id: string) => `iqn.2003-01.org.example:${id}`
const entriesOf = (version: string, kind: keyof typeof KINDS) =>
  readdirSync(join(fixtures, version, kind)).map((name) => ({ name, text: readFileSync(join(fixtures, version, kind, name), 'utf8') }))

/** Storage and files. `boot` says which boot wrote them. */
function machineWith(version: string, boot: 'this boot' | 'another boot'): FakeHost {
  const host = new FakeHost({ multipathd: 'running' })
  for (const [name, serial] of Object.entries(SERIALS)) {
    host.storage.volume(name, { sizeMb: 1024, serial })
    host.storage.iscsi.target({ iqn: iqnOf(name), portals: ['192.0.2.1:3260', '192.0.2.2:3260'], luns: { 1: name } })
  }
  const bootId = host.text('/proc/sys/kernel/random/boot_id') ?? ''
  for (const kind of ['attachments', 'claims'] as const) {
    host.putDirectory(KINDS[kind], 0o700)
    for (const { name, text } of entriesOf(version, kind))
      host.put(`${KINDS[kind]}/${name}`, boot === 'this boot' ? text.replace(/"boot": "[^"]*"/, `"boot": "${bootId}"`) : text, {
        mode: 0o600,
      })
  }
  for (const { iqn, portal, data } of objectsOf(version, 'record')) {
    record(host, {}, portal, iqn)
    host.put(String(data['path']), `# made by Brickwork, which removes it at detach\n${host.text(String(data['path'])) ?? ''}\n`, {
      mode: 0o600,
    })
  }
  return host
}
/** Objects of all claims, in the order of their sessions. */
function objectsOf(version: string, kind: string) {
  const entries = entriesOf(version, 'claims').map(({ text }) => JSON.parse(text) as Entry)
  return entries
    .flatMap(({ objects }) => objects)
    .filter((object) => object.kind === kind)
    .map(({ data }) => ({
      data,
      session: Number(data['session'] ?? 0),
      iqn: String(data['iqn']),
      portal: `${data['address']}:${data['port']}`,
    }))
    .sort((a, b) => a.session - b.session)
}
function mapsOf(version: string) {
  const entries = entriesOf(version, 'claims').map(({ text }) => JSON.parse(text) as Entry)
  return entries.flatMap(({ objects }) => {
    const map = objects.find(({ kind }) => kind === 'map')
    const disks = objects.filter(({ kind }) => kind === 'disk').map(({ data }) => data['name'])
    return map === undefined ? [] : [{ uuid: String(map.data['uuid']), disks }]
  })
}
/** Sessions, disks and maps get their numbers in the same order as then. */
async function rebuild(host: FakeHost, version: string): Promise<void> {
  for (const { session, iqn, portal } of objectsOf(version, 'session')) {
    await login(host, portal, iqn)
    expect(host.text(`/sys/class/iscsi_session/session${session}/targetname`)).toBe(iqn)
  }
  for (const { data, session } of objectsOf(version, 'disk')) {
    await scan(host, '0 0 1', session - 1)
    await host.clock.advance(500)
    expect(host.text(`/sys/class/block/${data['name']}/diskseq`)).toBe(data['diskseq'])
    // A map has a number too, which it got between the disks.
    for (const { disks, uuid } of mapsOf(version))
      if (disks.at(-1) === data['name']) await ask(host, `add map ${uuid.slice('mpath-'.length)}`)
    await host.clock.advance(1000)
  }
}
const sorted = (actions: readonly { id: string | null; action: string }[]) => actions.map(({ id, action }) => `${id}: ${action}`).sort()

test('in the boot in which they were written: attached stays, interrupted is finished or undone', async () => {
  const host = machineWith('v1', 'this boot')
  await rebuild(host, 'v1')
  const attacher = await createAttacher({ host, owner: 'agent' })
  expect(sorted((await attacher.recover()).actions)).toEqual([
    'map-1: kept',
    'map-2: undone',
    'map-3: completed',
    'volume-1: kept',
    'volume-2: resolved',
    'volume-3: completed',
  ])
  expect(await attacher.list()).toHaveLength(2)
  expect(fakeLeftovers(host).disks).toEqual([`${iqnOf('map-1')} 1`, `${iqnOf('map-1')} 1`, `${iqnOf('volume-1')} 1`])
  for (const id of ['map-1', 'volume-1']) expect(await attacher.detach(id)).toMatchObject({ outcome: 'released' })
  expect(fakeLeftovers(host)).toEqual({ sessions: [], records: [], disks: [], maps: [] })
  await attacher.close()
  host.verify()
})

test.each(readdirSync(fixtures))('those of %s, in a later boot: all are forgotten, and their records removed', async (version) => {
  const host = machineWith(version, 'another boot')
  const attacher = await createAttacher({ host, owner: 'agent' })
  const { actions } = await attacher.recover()
  expect(actions).toHaveLength(entriesOf(version, 'attachments').length)
  expect(new Set(actions.map(({ action }) => action))).toEqual(new Set(['forgotten']))
  expect(fakeLeftovers(host)).toEqual({ sessions: [], records: [], disks: [], maps: [] })
  expect(host.names(KINDS.attachments)).toEqual([])
  await attacher.close()
  host.verify()
})
