/** The identity of a host whose files are below a directory, as a container sees it. */
import { expect, test } from 'vitest'

import { hostIdentity } from '../../../lib/attach/host-identity.js'
import { createConnectors } from '../../../lib/connectors/index.js'
import { plant } from './topology/planted.js'

test('the files of the host below a directory count, not those of this machine', async () => {
  const host = await plant({
    'etc/machine-id': '0123456789abcdef0123456789abcdef',
    'etc/hostname': 'node-1',
    'etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.2024-01.org.example:node-1',
    'usr/lib/os-release': 'PRETTY_NAME=Example',
    'etc/os-release': { link: '../usr/lib/os-release' },
    'proc/sys/kernel/hostname': 'pod-7',
    'proc/sys/kernel/osrelease': '6.1.0-21-amd64',
    'proc/self/ns/uts': { link: 'uts:[4026532201]' },
    'proc/1/ns/uts': { link: 'uts:[4026531838]' },
    'proc/1/net/if_inet6': '20010db8000000000000000000000021 04 40 00 80     eth1',
    'lib/modules/6.1.0-21-amd64/kernel/drivers/block/rbd.ko': '',
  })
  const { architecture, ...identity } = await hostIdentity(host, await createConnectors())
  expect(architecture).toMatch(/^[a-z0-9_]+$/)
  expect(identity).toEqual({
    hostname: 'node-1',
    machineId: '0123456789abcdef0123456789abcdef',
    os: 'Example',
    kernel: '6.1.0-21-amd64',
    iscsi: { initiatorName: 'iqn.2024-01.org.example:node-1', ifaces: [] },
    addresses: [{ address: '2001:db8::21', interface: 'eth1' }],
    rbd: { module: 'available', tool: false },
    multipath: { daemon: false },
    unseen: [],
  })
})
