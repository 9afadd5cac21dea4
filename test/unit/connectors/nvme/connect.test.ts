/** What a connect is made of: the host's pair, the controller that is there already, the option string, and what its error means. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import type { NvmeConnection } from '../../../../lib/api/nvme-connection.js'
import { connectError } from '../../../../lib/connectors/nvme/connect-errors.js'
import { hostPairOf, requireNoContradiction } from '../../../../lib/connectors/nvme/host-pair.js'
import { knownOptions, optionString } from '../../../../lib/connectors/nvme/option-string.js'
import { controllerOf, type PortalPath } from '../../../../lib/connectors/nvme/portal-path.js'
import { readControllers } from '../../../../lib/linux/nvme/read.js'
import { FakeHost } from '../../../../lib/testing/index.js'
import { optionList, parseOptions } from '../../../../lib/testing/nvme/options.js'
import { forever } from '../../linux/machine.js'
import { controller, HOST_ID, HOST_NQN, NQN } from '../../linux/nvme/machine.js'
import { connection } from './requests.js'

const PAIR = { hostNqn: HOST_NQN, hostId: HOST_ID }
const OTHER = '99999999-2222-4333-8444-555555555555'
const portalPath = (more: Partial<PortalPath> = {}): PortalPath => {
  const place = { nqn: NQN, address: '192.0.2.1', port: 4420, hostAddress: undefined, hostInterface: undefined, ...more }
  return { label: `${place.address}:${place.port}`, ...place }
}
const withHost = (host: NvmeConnection['host']): NvmeConnection => ({ ...connection, host })

describe('the pair of this host', () => {
  const files = (hostNqn?: string, hostId?: string): FakeHost => {
    const host = new FakeHost()
    if (hostNqn !== undefined) host.put('/etc/nvme/hostnqn', `${hostNqn}\n`)
    if (hostId !== undefined) host.put('/etc/nvme/hostid', `${hostId}\n`)
    return host
  }
  test('is that of the files, which need not fit each other', async () => {
    expect(await hostPairOf({ host: files(HOST_NQN, OTHER.toUpperCase()) }, connection)).toMatchObject({ hostNqn: HOST_NQN, hostId: OTHER })
  })
  test('is complete without files, the same for every process and after every boot', async () => {
    const host = files()
    const pairs = [
      await hostPairOf({ host }, connection),
      await hostPairOf({ host: host.process() }, connection),
      await hostPairOf({ host: host.reboot() }, connection),
    ]
    expect(pairs[0]?.hostNqn).toBe(`nqn.2014-08.org.nvmexpress:uuid:${String(pairs[0]?.hostId)}`)
    expect([pairs[1], pairs[2]]).toEqual([pairs[0], pairs[0]])
    expect(host.text('/etc/nvme/hostnqn')).toBeUndefined()
  })
  test('is refused where the host has none', async () => {
    const host = files()
    host.take('/etc/machine-id')
    await expect(hostPairOf({ host }, connection)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
  })
  test('of the connection wins, and gets the id of the host, of its own NQN, or none', async () => {
    const host = files(HOST_NQN, OTHER)
    expect(await hostPairOf({ host }, withHost({ nqn: 'nqn.a', id: HOST_ID.replaceAll('-', '') }))).toEqual({
      hostNqn: 'nqn.a',
      hostId: HOST_ID,
    })
    expect(await hostPairOf({ host }, withHost({ nqn: HOST_NQN }))).toEqual({ hostNqn: HOST_NQN, hostId: OTHER })
    expect(await hostPairOf({ host }, withHost({ nqn: `nqn.b:uuid:${HOST_ID}` }))).toEqual({
      hostNqn: `nqn.b:uuid:${HOST_ID}`,
      hostId: HOST_ID,
    })
    await expect(hostPairOf({ host }, withHost({ nqn: 'nqn.c' }))).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      details: { field: 'connection.host.id' },
    })
  })
  const check = async (files: Parameters<typeof controller>[2]) => {
    const host = new FakeHost()
    controller(host, 'nvme3', files)
    requireNoContradiction(PAIR, await readControllers(host, forever))
  }
  test.each([
    ['the same NQN with another id', { hostid: OTHER }],
    ['the same id with another NQN', { hostnqn: 'nqn.other' }],
    ['whatever the state of the controller', { hostid: OTHER, state: 'connecting', subsysnqn: '(efault)' }],
  ])('that contradicts a controller is refused: %s', async (_, given) => {
    await expect(check(given)).rejects.toMatchObject({
      code: 'ERR_CONFLICT',
      details: { device: '/dev/nvme3' },
      message: expect.stringContaining('nvme3') as string,
    })
  })
  test.each([
    ['the same', {}],
    ['another host', { hostnqn: 'nqn.other', hostid: OTHER }],
    ['an id in another spelling', { hostid: HOST_ID.toUpperCase() }],
    ['no host', { hostnqn: undefined, hostid: undefined }],
    ['on PCI', { transport: 'pcie', hostid: OTHER }],
  ])('does not contradict %s', async (_, given) => {
    await expect(check(given)).resolves.toBeUndefined()
  })
})

describe('the controller of a path', () => {
  const found = async (at: PortalPath, ...all: readonly Parameters<typeof controller>[2][]) => {
    const host = new FakeHost()
    for (const [index, files] of all.entries()) controller(host, `nvme${index}`, { address: 'traddr=192.0.2.1,trsvcid=4420', ...files })
    return controllerOf(await readControllers(host, forever), at, PAIR)?.name
  }
  test.each([
    ['as it is', portalPath(), {}],
    ['with a port written otherwise', portalPath(), { address: 'traddr=192.0.2.1,trsvcid=04420' }],
    ['with IPv6 written otherwise', portalPath({ address: '2001:db8::1' }), { address: 'traddr=2001:0db8:0::0001,trsvcid=4420' }],
    [
      'with a local end that the portalPath does not name',
      portalPath(),
      { address: 'traddr=192.0.2.1,trsvcid=4420,host_iface=eth0,src_addr=192.0.2.9' },
    ],
    ['with the named interface', portalPath({ hostInterface: 'eth0' }), { address: 'traddr=192.0.2.1,trsvcid=4420,host_iface=eth0' }],
    ['with the named local address', portalPath({ hostAddress: 'FD99::1' }), { address: 'traddr=192.0.2.1,trsvcid=4420,src_addr=fd99::1' }],
    ['in another state', portalPath(), { state: 'connecting' }],
  ])('is used %s', async (_, at, files) => {
    expect(await found(at, files)).toBe('nvme0')
  })
  test.each([
    ['another NQN', portalPath(), { subsysnqn: `${NQN}-2` }],
    ['no NQN yet', portalPath(), { subsysnqn: '(efault)' }],
    ['another transport', portalPath(), { transport: 'rdma' }],
    ['another address', portalPath(), { address: 'traddr=192.0.2.11,trsvcid=4420' }],
    ['another port', portalPath(), { address: 'traddr=192.0.2.1,trsvcid=4421' }],
    ['another host NQN', portalPath(), { hostnqn: 'nqn.other' }],
    ['another host id', portalPath(), { hostid: OTHER }],
    ['no host id', portalPath(), { hostid: undefined }],
    ['a discovery controller', portalPath(), { cntrltype: 'discovery' }],
    ['another interface', portalPath({ hostInterface: 'eth0' }), { address: 'traddr=192.0.2.1,trsvcid=4420,host_iface=eth1' }],
    ['an unknown interface', portalPath({ hostInterface: 'eth0' }), {}],
    ['another local address', portalPath({ hostAddress: '192.0.2.9' }), { address: 'traddr=192.0.2.1,trsvcid=4420,src_addr=192.0.2.8' }],
    ['one that is ending', portalPath(), { state: 'deleting' }],
    ['one that is dead', portalPath(), { state: 'dead' }],
  ])('is not %s', async (_, at, files) => {
    expect(await found(at, files)).toBeUndefined()
  })
  test('of several is the live one, then the lowest', async () => {
    expect(await found(portalPath(), { state: 'deleting' }, { state: 'connecting' }, { state: 'live' }, { state: 'live' })).toBe('nvme2')
    expect(await found(portalPath(), { subsysnqn: 'nqn.x' }, { state: 'connecting' }, { state: 'resetting' })).toBe('nvme1')
  })
})

describe('the option string', () => {
  const all = knownOptions(optionList())
  test('names everything that the kernel would otherwise choose by itself', () => {
    expect(optionString(portalPath(), PAIR, 1, all)).toBe(
      `transport=tcp,traddr=192.0.2.1,trsvcid=4420,nqn=${NQN},hostnqn=${HOST_NQN},hostid=${HOST_ID}`,
    )
  })
  test('names a local end only if the connection does, and never gives up one of several paths', () => {
    const text = optionString(portalPath({ hostAddress: '192.0.2.9', hostInterface: 'eth1' }), PAIR, 2, all)
    expect(text.split(',').slice(6)).toEqual(['host_traddr=192.0.2.9', 'host_iface=eth1', 'ctrl_loss_tmo=-1'])
  })
  test('leaves out what the kernel does not know, unless the connection needs it', () => {
    const known = knownOptions('instance=-1,cntlid=-1,transport=%s,traddr=%s,trsvcid=%s,nqn=%s,hostnqn=%s,hostid=%s,vendor=%d\n')
    expect(optionString(portalPath(), PAIR, 2, known)).not.toContain('ctrl_loss_tmo')
    expect(() => optionString(portalPath({ hostInterface: 'eth1' }), PAIR, 1, known)).toThrow(
      expect.objectContaining({ code: 'ERR_UNSUPPORTED' }),
    )
  })
  test('of a kernel without a list has what Linux 5.10 knows', () => {
    expect(optionString(portalPath({ hostAddress: '192.0.2.9' }), PAIR, 2, knownOptions(undefined))).toContain('ctrl_loss_tmo=-1')
    expect(() => optionString(portalPath({ hostInterface: 'eth1' }), PAIR, 1, knownOptions(undefined))).toThrow(/host_iface/)
  })
  test.each([',', '\n', ' ', '\u0000', ''])('has no value with %j, wherever it came from', (bad) => {
    const value = bad === '' ? '' : `nqn.x${bad}duplicate_connect`
    for (const call of [
      () => optionString(portalPath({ nqn: value }), PAIR, 1, all),
      () => optionString(portalPath(), { ...PAIR, hostNqn: value }, 1, all),
      () => optionString(portalPath({ hostInterface: value }), PAIR, 1, all),
    ])
      expect(call).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }))
  })
  test('is read back by the kernel as it was meant', () => {
    const name = fc.stringMatching(/^[a-z0-9.:-]{1,60}$/)
    fc.assert(
      fc.property(name, fc.oneof(fc.ipV4(), fc.ipV6()), fc.integer({ min: 1, max: 65_535 }), fc.uuid(), (nqn, address, port, hostId) => {
        const pair = { hostNqn: `nqn.${nqn}:host`, hostId }
        const parsed = parseOptions(optionString(portalPath({ nqn: `nqn.${nqn}`, address, port }), pair, 2, all))
        expect(parsed).toMatchObject({
          nqn: `nqn.${nqn}`,
          traddr: address,
          trsvcid: String(port),
          hostNqn: pair.hostNqn,
          hostId,
          maxReconnects: -1,
          duplicate: false,
        })
      }),
    )
  })
  test('longer than a page is refused before the kernel sees it', () => {
    expect(() => optionString(portalPath(), { ...PAIR, hostNqn: `nqn.${'x'.repeat(4096)}` }, 1, all)).toThrow(/too long/)
  })
})

test.each([
  ['ECONNREFUSED', 'ERR_TARGET_UNREACHABLE', true],
  ['ETIMEDOUT', 'ERR_TARGET_UNREACHABLE', true],
  ['EAGAIN', 'ERR_TARGET_UNREACHABLE', true],
  ['EIO', 'ERR_TARGET_NOT_FOUND', false],
  ['EINVAL', 'ERR_TARGET_REFUSED', false],
  ['EADDRNOTAVAIL', 'ERR_INVALID_ARGUMENT', false],
  ['EKEYREJECTED', 'ERR_AUTHENTICATION', false],
  ['ENOMEM', 'ERR_KERNEL', true],
  ['EINTR', 'ERR_BUSY', true],
  ['EPERM', 'ERR_PERMISSION', false],
  ['EXDEV', 'ERR_KERNEL', false],
])('%s of a connect is %s', (errno, code, retryable) => {
  const error = connectError(portalPath(), errno)
  expect(error).toMatchObject({ code, retryable, message: expect.stringContaining(`(${errno})`) as string })
  expect(error.message).toContain('192.0.2.1:4420')
})
