/** The doctor's checks of attachments without a device, and of objects without an attachment. */
import { createAttacher } from '../../../lib/index.js'
import { formatEntry } from '../../../lib/operation/entry-text.js'
import type { Entry } from '../../../lib/operation/entry.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { entryOf, resultOf } from '../../unit/operation/entries.js'
import { IQN, refuse, rowsOf } from './rows.js'

const STATE = '/var/lib/brickwork'
const PORTAL = '192.0.2.1:3260'

/** A volume that an attacher has attached. */
async function attach(host: FakeHost, owner = 'default'): Promise<void> {
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' } })
  await using attacher = await createAttacher({ host, owner })
  const connection = { protocol: 'iscsi', targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }] } as const
  await attacher.attach({ id: 'one', connection, policy: { multipath: 'never' } }, { timeoutMs: 60_000 })
}
function clear(host: FakeHost, ...folders: readonly string[]): void {
  for (const folder of folders) for (const name of host.names(folder)) host.take(`${folder}/${name}`)
}
const journal = (more: Partial<Entry>) => (host: FakeHost) => {
  const boot = host.text('/proc/sys/kernel/random/boot_id') ?? ''
  host.put(`${STATE}/attachments/one.json`, formatEntry(entryOf('one', { boot, ...more })))
}
const GONE = { result: resultOf({ device: '/dev/sdq' }) }

rowsOf('state.devices', [
  { when: 'no attachment', answer: 'ok', evidence: '/sys/class/block: 0 attached volumes' },
  { when: 'an attached volume', set: (host) => attach(host), answer: 'ok', evidence: '1 attached volumes' },
  {
    when: 'a device that is gone',
    set: journal(GONE),
    answer: 'warning',
    evidence: `${STATE}/attachments/one.json: one: /dev/sdq is gone`,
    summary: /lost the device: one$/,
    advice: /brickwork detach one/,
  },
  {
    when: 'a device name that another volume has now',
    set: async (host) => {
      await attach(host)
      const [name = ''] = host.names(`${STATE}/attachments`)
      const file = `${STATE}/attachments/${name}`
      host.put(file, (host.text(file) ?? '').replace(/"wwid": ?"3[0-9a-f]+"/, '"wwid":"3600140500000000000000000000000ff"'))
    },
    answer: 'warning',
    evidence: /one: \/dev\/sda is another volume now/,
  },
  { when: 'an attachment of an earlier boot', set: journal({ ...GONE, boot: 'another' }), answer: 'ok' },
  { when: 'a detach in progress', set: journal({ ...GONE, state: 'detaching' }), answer: 'ok' },
  { when: 'a journal that may not be read', set: (host) => refuse(host, STATE, 'files.list'), answer: 'unknown' },
])

rowsOf('state.orphans', [
  { when: 'nothing', answer: 'ok', evidence: 'marked objects: 0' },
  { when: 'objects of an attachment', set: (host) => attach(host), answer: 'ok', evidence: 'marked objects: 2' },
  {
    when: 'only the claim names them',
    set: async (host) => {
      await attach(host)
      clear(host, `${STATE}/attachments`)
    },
    answer: 'ok',
  },
  {
    when: 'the journal and the claims were lost',
    set: async (host) => {
      await attach(host)
      clear(host, `${STATE}/attachments`, '/run/brickwork/claims')
    },
    answer: 'warning',
    evidence: `session 1 to ${IQN} at ${PORTAL}: owner default`,
    summary: /2 objects that Brickwork has made belong to no attachment/,
    advice: /brickwork recover --dry-run\)/,
  },
  {
    when: 'of an owner with another journal',
    set: async (host) => {
      await attach(host, 'nova')
      clear(host, `${STATE}/attachments`, '/run/brickwork/claims')
    },
    answer: 'note',
    evidence: 'owner nova',
    advice: /--owner OWNER/,
  },
  {
    when: 'of this owner, which is not the default one',
    set: async (host) => {
      await attach(host, 'nova')
      clear(host, `${STATE}/attachments`, '/run/brickwork/claims')
      journal({ owner: 'nova', state: 'detached' })(host)
    },
    answer: 'warning',
    advice: /--dry-run --owner nova/,
  },
  {
    when: 'a torn file, which may name them',
    set: async (host) => {
      await attach(host)
      clear(host, `${STATE}/attachments`, '/run/brickwork/claims')
      host.put(`${STATE}/attachments/one.json`, '{"schema": 2,')
    },
    answer: 'unknown',
    evidence: `${STATE}/attachments/one.json: is not JSON`,
  },
  { when: 'records that may not be read', set: (host) => refuse(host, '/etc/iscsi/nodes', 'files.list'), answer: 'unknown' },
])
