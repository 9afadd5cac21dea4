/** The doctor's checks of a connection. */
import { expect, test } from 'vitest'
import { doctor } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { IQN, logIn, refuse, rowsOf } from './rows.js'

const [ONE, TWO] = ['192.0.2.1:3260', '198.51.100.1:3260'] as const
const connection = (...portals: readonly string[]) =>
  ({ protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn: IQN, lun: 1 })) }) as const
const both = { connection: connection(ONE, TWO) }
function serve(host: FakeHost): void {
  host.storage.volume('data')
  host.storage.iscsi.target({ iqn: IQN, portals: [ONE, TWO], luns: { 1: 'data' } })
}

rowsOf('iscsi.portals', [
  { when: 'both answer', set: serve, options: both, answer: 'ok', evidence: `${ONE}: connected` },
  {
    when: 'one refuses',
    set: (host) => {
      serve(host)
      host.storage.portal(TWO, 'refuse')
    },
    options: both,
    answer: 'warning',
    evidence: `${TWO}: ECONNREFUSED`,
    advice: /ip route get [0-9][0-9.]+\)/,
  },
  {
    when: 'none answers',
    set: (host) => {
      serve(host)
      host.storage.portal(ONE, 'refuse')
      host.storage.portal(TWO, 'drop')
    },
    options: both,
    answer: 'problem',
    code: 'ERR_TARGET_UNREACHABLE',
    evidence: `${TWO}: no answer within 3000 ms`,
  },
  {
    when: 'a host name',
    options: { connection: connection('storage.example:3260') },
    answer: 'unknown',
    evidence: 'storage.example:3260: a host name',
  },
  {
    when: 'a host name, deep',
    set: (host) => {
      serve(host)
      host.storage.hostName('storage.example', ['192.0.2.1'])
    },
    options: { connection: connection('storage.example:3260'), deep: true },
    answer: 'ok',
    evidence: 'storage.example:3260 (192.0.2.1): connected',
  },
  { when: 'without the native part', host: { addon: false }, set: serve, options: both, answer: 'unknown' },
  { when: 'a local disk', options: { connection: { protocol: 'local', path: '/dev/vdb' } }, answer: 'ok' },
])

const TABLE = [
  'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT',
  'eth0\t00000000\t010200C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
  'eth1\t006433C6\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0',
]
const routes = (lines: readonly string[]) => (host: FakeHost) => host.put('/proc/1/net/route', `${lines.join('\n')}\n`)
rowsOf('iscsi.routes', [
  { when: 'two interfaces', set: routes(TABLE), options: both, answer: 'ok', evidence: `${TWO}: by eth1` },
  { when: 'one interface', set: routes(TABLE.slice(0, 2)), options: both, answer: 'warning', evidence: `${TWO}: by eth0`, advice: /bond/ },
  { when: 'one bond', set: routes(TABLE.slice(0, 2).map((line) => line.replace('eth0', 'bond0'))), options: both, answer: 'ok' },
  {
    when: 'no route',
    set: routes([...TABLE.slice(0, 1), ...TABLE.slice(2)]),
    options: both,
    answer: 'warning',
    evidence: `${ONE}: no route`,
    advice: /ip address, ip route/,
  },
  {
    when: 'IPv6',
    set: (host) => {
      routes(TABLE.slice(0, 1))(host)
      const route = `20010db8000000000000000000000000 20 ${'0'.repeat(32)} 00 ${'0'.repeat(32)} 00000100 00000001 00000000 00000001     eth2`
      host.put('/proc/1/net/ipv6_route', `${route}\n`)
    },
    options: { connection: connection('[2001:db8::1]:3260') },
    answer: 'ok',
    evidence: '[2001:db8::1]:3260: by eth2',
  },
  { when: 'one portal', set: routes(TABLE), options: { connection: connection(ONE) }, answer: 'ok' },
  { when: 'no address', set: routes(TABLE), options: { connection: connection('storage.example:3260') }, answer: 'note' },
  { when: 'no table', options: both, answer: 'unknown' },
  { when: 'a table that may not be read', set: (host) => refuse(host, '/proc/1/net/route'), options: both, answer: 'unknown' },
])

const tryBoth = { ...both, login: true }
rowsOf('iscsi.login', [
  { when: 'both portals let it in', set: serve, options: tryBoth, answer: 'ok', evidence: `${ONE}: logged in and out again` },
  {
    when: 'a session of another program',
    set: async (host) => {
      serve(host)
      await logIn(host, ONE)
    },
    options: tryBoth,
    answer: 'ok',
    evidence: `${ONE}: has a session, which was left alone`,
  },
  {
    when: 'sessions to every portal',
    set: async (host) => {
      serve(host)
      for (const portal of [ONE, TWO]) await logIn(host, portal)
    },
    options: tryBoth,
    answer: 'note',
  },
  {
    when: 'one portal that refuses',
    set: (host) => {
      serve(host)
      host.storage.portal(TWO, 'refuse')
    },
    options: tryBoth,
    answer: 'warning',
    evidence: /ERR_TARGET_UNREACHABLE/,
    advice: /see iscsi\.portals/,
  },
  {
    when: 'a wrong secret',
    set: (host) => {
      host.storage.volume('data')
      host.storage.iscsi.target({ iqn: IQN, portals: [ONE], luns: { 1: 'data' }, chap: { username: 'host', secret: 'right-secret-1' } })
    },
    options: { connection: { ...connection(ONE), auth: { username: 'host', secret: 'wrong-secret-1' } }, login: true },
    answer: 'problem',
    code: 'ERR_AUTHENTICATION',
    advice: /CHAP/,
  },
  { when: 'without the native part', host: { addon: false }, set: serve, options: tryBoth, answer: 'unknown', summary: /native/ },
])

test('a login leaves nothing, and an existing session as it was', async () => {
  const host = new FakeHost()
  serve(host)
  await logIn(host, ONE)
  const sessions = host.names('/sys/class/iscsi_session')
  const records = host.names(`/etc/iscsi/nodes/${IQN}`)
  const { checks } = await doctor({ host, ...tryBoth })
  expect(checks.find(({ id }) => id === 'iscsi.login')?.answer).toBe('ok')
  expect(host.names('/sys/class/iscsi_session')).toEqual(sessions)
  expect(host.names(`/etc/iscsi/nodes/${IQN}`)).toEqual(records)
  expect(host.names('/var/lib/brickwork/attachments')).toEqual([])
  expect(host.names('/run/brickwork/claims')).toEqual([])
  host.verify()
})

test('a login needs a connection', async () => {
  await expect(doctor({ host: new FakeHost(), login: true })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
})

test('only a check of a connection connects, and only to its portals', async () => {
  const host = new FakeHost()
  serve(host)
  await doctor({ host })
  expect(host.trace.filter(({ call }) => call === 'kernel.connect')).toEqual([])
  await doctor({ host, ...both })
  expect(host.trace.flatMap(({ call, subject }) => (call === 'kernel.connect' ? [subject] : [])).sort()).toEqual([
    '192.0.2.1 3260',
    '198.51.100.1 3260',
  ])
  expect(host.ran).toEqual([])
})
