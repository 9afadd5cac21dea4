import { describe, expect, test } from 'vitest'

import { initiatorIn, installation, otherDatabase, useDatabase } from '../../../../lib/linux/iscsi/installation.js'
import { FakeHost, result } from '../../../../lib/testing/index.js'
import { forever } from '../machine.js'

/** A machine with just these directories of open-iscsi. */
function machine(version: string, ...directories: readonly string[]): FakeHost {
  const host = new FakeHost({ openIscsiVersion: version })
  for (const root of ['/etc/iscsi', '/var/lib/iscsi'])
    for (const part of ['nodes', 'send_targets', 'ifaces', 'static']) host.take(`${root}/${part}`)
  for (const directory of directories) host.putDirectory(directory)
  return host
}

describe("open-iscsi's database", () => {
  test.each<[string, string[], string]>([
    ['2.1.8', ['/etc/iscsi/nodes'], '/etc/iscsi'],
    ['2.1.11', ['/var/lib/iscsi/nodes'], '/var/lib/iscsi'],
    ['2.1.8', ['/etc/iscsi/nodes', '/var/lib/iscsi/ifaces'], '/etc/iscsi'],
    ['2.1.5', ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes'], '/etc/iscsi'],
    ['2.1.11', ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes'], '/var/lib/iscsi'],
    ['2.1.11', ['/etc/iscsi/nodes'], '/var/lib/iscsi'],
    ['6.2.1.4', ['/etc/iscsi/nodes', '/var/lib/iscsi/nodes'], '/var/lib/iscsi'],
  ])('of version %s with %j is below %s', async (version, directories, databaseRoot) => {
    expect(await installation(machine(version, ...directories), forever)).toMatchObject({ version, databaseRoot })
  })
  test.each([
    ['2.0.874', '/etc/iscsi'],
    ['2.1', '/etc/iscsi'],
    ['2.1.8', '/etc/iscsi'],
    ['2.1.9', '/var/lib/iscsi'],
    ['2.1.10', '/var/lib/iscsi'],
    ['2.2', '/var/lib/iscsi'],
    ['3.0.0', '/var/lib/iscsi'],
  ])('of version %s, not used yet, will be below %s', async (version, databaseRoot) => {
    expect(await installation(machine(version), forever)).toMatchObject({ version, databaseRoot })
  })
  test.each<[string[], string]>([
    [[], '/var/lib/iscsi'],
    [['/etc/iscsi/nodes'], '/etc/iscsi'],
    [['/var/lib/iscsi/send_targets'], '/var/lib/iscsi'],
    [['/etc/iscsi/nodes', '/var/lib/iscsi/ifaces'], '/var/lib/iscsi'],
  ])('of a version that does not say its number, with %j, is below %s', async (directories, databaseRoot) => {
    const host = machine('2.1.8', ...directories)
    host.programs.set('iscsiadm', ({ argv }) => (argv.includes('--version') ? result(0, 'iscsiadm\n') : result(21)))
    expect(await installation(host, forever)).toEqual({ version: undefined, databaseRoot, loginNeverAnswers: false })
  })
  test.each(['/etc/iscsi', '/var/lib/iscsi'])(
    'of a version that does not say its number is where the records are that iscsiadm shows: %s',
    async (root) => {
      const host = machine('2.1.8', '/etc/iscsi/nodes', '/var/lib/iscsi/nodes')
      for (const each of ['/etc/iscsi', '/var/lib/iscsi']) host.put(`${each}/nodes/iqn.2004-10.example:both/10.99.1.1,3260`, '')
      host.put(`${root}/nodes/iqn.2004-10.example:one/fd99::1,3260,1/default`, '')
      const shown = '10.99.1.1:3260,-1 iqn.2004-10.example:both\n[fd99::1]:3260,1 iqn.2004-10.example:one\n'
      host.programs.set('iscsiadm', ({ argv }) => result(0, argv.includes('--version') ? 'iscsiadm\n' : shown))
      expect(await installation(host, forever)).toMatchObject({ databaseRoot: root })
    },
  )
  test('is another one from then on when a login has shown it', async () => {
    const host = machine('2.1.8')
    await useDatabase(host, otherDatabase('/etc/iscsi'), forever)
    expect(await installation(host, forever)).toMatchObject({ version: '2.1.8', databaseRoot: '/var/lib/iscsi' })
    expect(otherDatabase('/var/lib/iscsi')).toBe('/etc/iscsi')
  })
})

test.each([
  ['2.1.9', false],
  ['2.1.10', true],
  ['2.1.11', false],
])('a login that version %s is waited for never answers: %s', async (version, never) => {
  expect(await installation(machine(version), forever)).toMatchObject({ loginNeverAnswers: never })
})

test('the installation is looked up once for each host', async () => {
  const host = machine('2.1.8')
  const [one, two] = await Promise.all([installation(host, forever), installation(host, forever)])
  expect([two, await installation(host, forever)]).toEqual([one, one])
  expect(host.ran).toHaveLength(1)
  await installation(machine('2.1.11'), forever)
  expect(host.ran).toHaveLength(1)
})

test('what could not be found out is asked again', async () => {
  const host = new FakeHost()
  const iscsiadm = host.programs.get('iscsiadm')
  host.faults.plant({ on: 'commands.run', does: { fail: 'EAGAIN' } })
  await expect(installation(host, forever)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  await expect(installation(host, AbortSignal.abort('enough'))).rejects.toBe('enough')
  expect(iscsiadm).toBeDefined()
  expect(await installation(host, forever)).toMatchObject({ version: '2.1.8' })
})

describe('the name of this initiator', () => {
  test.each([
    ['InitiatorName=iqn.2004-10.example:a', 'iqn.2004-10.example:a'],
    ['## DO NOT EDIT\n#InitiatorName=iqn.old\n  InitiatorName = iqn.2004-10.example:b  \nInitiatorAlias=x\n', 'iqn.2004-10.example:b'],
    ['InitiatorAlias=x', undefined],
    ['', undefined],
  ])('in %j is %s', (text, name) => {
    expect(initiatorIn(text)).toBe(name)
  })
})
