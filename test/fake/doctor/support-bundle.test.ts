/** The support bundle: what is in it, and that no secret is. */
import { expect, test } from 'vitest'
import { createAttacher, supportBundle } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { entryOf } from '../../unit/operation/entries.js'

const MARK = 'S3CRET'
const IQN = 'iqn.2003-01.org.example:secret-volume'
/** Of a volume that another program uses: only the doctor's evidence has it. */
const OTHER_IQN = 'iqn.2010-09.net.another:hidden-volume'
const PV = 'f8Ih2C-aB3d-eF5g-H7iJ-k9Lm-N1oP-q3RsTu'
const PORTAL = '192.0.2.7:3260'
const connection = {
  protocol: 'iscsi',
  targets: [
    { portal: PORTAL, iqn: IQN, lun: 1 },
    { portal: 'storage.example:3260', iqn: IQN, lun: 1 },
  ],
  auth: { username: 'chap-user', secret: `${MARK}-connection`, target: { username: 'target-user', secret: `${MARK}-mutual` } },
} as const

/** A host with an attached volume, and secrets in every place where one may be. */
async function filled(): Promise<FakeHost> {
  const host = new FakeHost({ initiatorName: 'iqn.1993-08.org.debian:01:abcdef', hostname: 'node-seventeen' })
  host.storage.volume('data', { content: 'ext4' })
  host.storage.hostName('storage.example', ['192.0.2.8'])
  const chap = { username: 'chap-user', secret: `${MARK}-connection`, target: { username: 'target-user', secret: `${MARK}-mutual` } }
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data' }, chap })
  const attacher = await createAttacher({ host })
  await attacher.attach({ id: 'vol-1', connection, policy: { multipath: 'never', paths: { want: 1 } } }, { timeoutMs: 30_000 })
  await attacher.close()
  const boot = host.text('/proc/sys/kernel/random/boot_id') ?? ''
  const layers = [{ kind: 'crypt', spec: { passphrase: `${MARK}-layer` }, state: 'open', marks: [] }] as const
  const leaky = {
    ...entryOf('leaky', { boot }),
    connection: { ...connection, auth: { username: 'chap-user', secret: `${MARK}-journal` } },
    layers,
    keys: [],
  }
  host.put('/var/lib/brickwork/attachments/leaky.json', JSON.stringify(leaky))
  host.put('/run/brickwork/claims/leaky.json', JSON.stringify(leaky))
  host.put('/var/lib/brickwork/attachments/torn.json', `{"schema": 2, "secret": "${MARK}-torn`)
  host.put(`/etc/iscsi/nodes/${IQN}/192.0.2.9,3260,1/default`, `node.name = ${IQN}\nnode.session.auth.password = ${MARK}-record\n`)
  const other = `node.name = ${OTHER_IQN}\nnode.conn[0].address = 192.0.2.9\nnode.startup = automatic\nnode.session.auth.password_in = ${MARK}-other\n`
  host.put(`/etc/iscsi/nodes/${OTHER_IQN}/192.0.2.9,3260,1/default`, other)
  const udev = '/run/udev/data/b8:0'
  host.put(udev, `${host.text(udev) ?? ''}\nE:ID_FS_TYPE=LVM2_member\nE:ID_FS_UUID=${PV}\n`)
  host.put('/etc/iscsi/iscsid.conf', `node.session.auth.password = ${MARK}-conf\ndiscovery.sendtargets.auth.password = ${MARK}-conf2\n`)
  host.put('/etc/multipath.conf', `defaults {\n password ${MARK}-multipath\n no_path_retry queue\n}\n`)
  host.put('/proc/cmdline', `netroot=iscsi:user:${MARK}-cmdline@192.0.2.7::3260::${IQN}`)
  for (const pid of ['1', String(host.pid)]) {
    host.put(`/proc/${pid}/environ`, `TOKEN=${MARK}-environ\0`)
    host.put(`/proc/${pid}/cmdline`, `agent\0--secret=${MARK}-argument\0`)
  }
  return host
}

test('it has the report, the names, the topology, journal and claims, and the kernel', async () => {
  const host = await filled()
  const { schema, doctor, topology, identity, journal, claims, kernel } = await supportBundle({ host, connection })
  expect(schema).toBe(1)
  expect(doctor).toMatchObject({ answer: 'problem' })
  expect(topology).toMatchObject({ sessions: [{ target: IQN, portal: PORTAL }] })
  expect(identity).toMatchObject({ hostname: 'node-seventeen' })
  expect(journal.entries).toHaveLength(2)
  expect(journal.unreadable).toMatchObject([
    { file: '/var/lib/brickwork/attachments/torn.json', why: expect.stringMatching(/^ERR_STATE/) as unknown },
  ])
  expect(claims.entries).toHaveLength(2)
  expect(kernel['/proc/sys/kernel/osrelease']).toBe('6.1.0-fake')
  expect(kernel['/proc/uptime']).toBeNull()
})

test('no secret is in it, anonymous or not', async () => {
  for (const anonymous of [false, true]) await lookForSecrets(anonymous)
})
async function lookForSecrets(anonymous: boolean): Promise<void> {
  const host = await filled()
  process.env['BRICKWORK_TEST_TOKEN'] = `${MARK}-process`
  try {
    const text = JSON.stringify(await supportBundle({ host, connection, anonymous, deep: true }))
    expect(text.length).toBeGreaterThan(5000)
    expect(text).not.toContain(MARK)
    // The parts that name secrets are there, so each of them was looked at.
    for (const part of ['leaky', 'torn.json', 'iscsi.settings', 'multipath.queueing', 'crypt']) expect(text).toContain(part)
  } finally {
    delete process.env['BRICKWORK_TEST_TOKEN']
  }
}

test('anonymous: no target, WWID, address, host or user is in it, and the same name has one replacement', async () => {
  const host = await filled()
  const known = await supportBundle({ host })
  const wwid = 'failed' in known.topology ? '' : (known.topology.devices.find(({ name }) => name === 'sda')?.wwid ?? '')
  expect(wwid).toMatch(/^3[0-9a-f]{32}$/)
  const bundle = await supportBundle({ host, connection, anonymous: true })
  const text = JSON.stringify(bundle)
  for (const name of [
    'iqn.',
    'secret-volume',
    wwid,
    wwid.slice(1),
    '192.0.2.',
    'node-seventeen',
    'storage.example',
    'chap-user',
    'org.debian',
    'hidden-volume',
    PV,
  ])
    expect(text, name).not.toContain(name)
  const target = 'failed' in bundle.topology ? '' : bundle.topology.sessions[0]?.target
  expect(target).toMatch(/^target-[0-9]+$/)
  expect(bundle.journal.entries).toContainEqual(
    expect.objectContaining({
      id: 'vol-1',
      connection: expect.objectContaining({
        targets: expect.arrayContaining([expect.objectContaining({ iqn: target })]) as unknown,
      }) as unknown,
    }),
  )
  expect(text).toContain('sda')
  expect(text).toContain('0:0:0:1')
})

test('it changes nothing on the host, and needs no native part', async () => {
  const host = new FakeHost({ addon: false })
  const bundle = await supportBundle({ host })
  expect(bundle.doctor).toMatchObject({ answer: 'problem' })
  expect(host.names('/var/lib/brickwork')).toEqual([])
  expect(host.ran).toEqual([])
})
