import { expect, test } from 'vitest'
import { readIface } from '../../../../lib/linux/iscsi/iface.js'
import { FakeHost } from '../../../../lib/testing/index.js'

const ROOT = '/etc/iscsi'

test('default and iser are built in; others are in a file, of which empty settings say nothing', async () => {
  const host = new FakeHost()
  expect(await readIface(host, ROOT, 'default')).toEqual({
    name: 'default',
    transport: 'tcp',
    probeable: true,
    settings: [
      ['iface.iscsi_ifacename', 'default'],
      ['iface.transport_name', 'tcp'],
    ],
  })
  expect(await readIface(host, ROOT, 'iser')).toMatchObject({ transport: 'iser', probeable: false })
  expect(await readIface(host, ROOT, 'storage0')).toBeUndefined()
  host.put(
    `${ROOT}/ifaces/storage0`,
    '# BEGIN RECORD 2.1.8\niface.iscsi_ifacename = storage0\niface.net_ifacename = eth1\niface.ipaddress = \niface.mtu = 0\nnode.x = 1\n# END RECORD\n',
  )
  expect(await readIface(host, ROOT, 'storage0')).toEqual({
    name: 'storage0',
    transport: 'tcp',
    probeable: false,
    settings: [
      ['iface.iscsi_ifacename', 'storage0'],
      ['iface.net_ifacename', 'eth1'],
      ['iface.mtu', '0'],
      ['iface.transport_name', 'tcp'],
    ],
  })
})

test.each([
  ['iface.initiatorname = iqn.2004-10.example:other', true],
  ['iface.ipaddress = 10.0.0.1', false],
  ['iface.hwaddress = 00:11:22:33:44:55', false],
  ['iface.transport_name = iser', false],
])('with %s a connect of our own would go the same way: %s', async (line, probeable) => {
  const host = new FakeHost()
  host.put(`${ROOT}/ifaces/x`, `iface.iscsi_ifacename = x\n${line}\n`)
  expect(await readIface(host, ROOT, 'x')).toMatchObject({ probeable })
})
