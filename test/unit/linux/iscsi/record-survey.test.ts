import { expect, test } from 'vitest'

import { portalOf } from '../../../../lib/core/portal.js'
import { builtInIface } from '../../../../lib/linux/iscsi/iface.js'
import { formatRecord } from '../../../../lib/linux/iscsi/record.js'
import { surveyRecords } from '../../../../lib/linux/iscsi/record-survey.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { IQN } from '../machine.js'

const ours = (owner: string, more: object = {}) =>
  formatRecord({
    target: IQN,
    portal: portalOf('192.0.2.1:3260'),
    iface: builtInIface('default'),
    owner,
    loginTimeoutSec: 7,
    session: { replacementTimeoutSec: 120 },
    ...more,
  })

test('records of both databases and of each layout are seen, with what they say of their maker', async () => {
  const host = new FakeHost()
  host.put(`/etc/iscsi/nodes/${IQN}/192.0.2.1,3260`, ours('agent', { auth: { username: 'ali', secret: 'x' } }))
  host.put(`/etc/iscsi/nodes/${IQN}/192.0.2.1,3260,1/default`, 'node.name = x\niface.iscsi_ifacename = default\n')
  host.put(`/etc/iscsi/nodes/${IQN}/2001:db8::1,3261,1/fast`, 'iface.iscsi_ifacename = fast\nnode.conn[0].timeo.login_timeout = 30\n')
  host.put(`/var/lib/iscsi/nodes/${IQN}/192.0.2.1,3260`, ours('other agent'))
  host.putDirectory(`/etc/iscsi/nodes/${IQN}/192.0.2.9,3260,1`)
  const seen = await surveyRecords(host)
  expect(seen).toMatchObject([
    { target: IQN, portal: portalOf('192.0.2.1:3260'), iface: 'default', ours: true, owner: 'agent', username: 'ali', loginTimeoutSec: 7 },
    { target: IQN, portal: portalOf('192.0.2.1:3260'), iface: 'default', ours: false, loginTimeoutSec: 15 },
    { target: IQN, portal: portalOf('[2001:db8::1]:3261'), iface: 'fast', ours: false, loginTimeoutSec: 30 },
    { target: IQN, portal: portalOf('192.0.2.1:3260'), iface: 'default', ours: true, owner: 'other agent', loginTimeoutSec: 7 },
  ])
  expect(seen.every(({ modifiedMs }) => modifiedMs === host.clock.wallMs())).toBe(true)
})

test('a host without open-iscsi has none, and no program is run to find out', async () => {
  const host = new FakeHost()
  expect(await surveyRecords(host)).toEqual([])
  expect(host.ran).toEqual([])
})
