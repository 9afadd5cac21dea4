import { describe, expect, test } from 'vitest'
import { discoveryError, parseDiscovered } from '../../../../lib/linux/iscsi/discovery.js'
import {
  foreignDiscovery,
  formatDiscoveryRecord,
  removeDiscoveryRecord,
  writeDiscoveryRecord,
} from '../../../../lib/linux/iscsi/discovery-record.js'
import { FakeHost } from '../../../../lib/testing/index.js'

describe('what a discovery prints', () => {
  test('is read with every kind of name and address, in its order, and everything else is noise', () => {
    const printed = [
      'iscsiadm: noise',
      '10.99.1.1:3260,1 iqn.2004-10.example:t1',
      '[fd99::1]:3260,2 iqn.2004-10.example:t1',
      '[FD99:0::2]:3261,-1 eui.0123456789abcdef',
      '10.99.1.2:3260,1024 naa.0123456789abcdef',
      '10.99.1.3:3260,1 something.else',
      '',
    ].join('\n')
    expect(parseDiscovered(printed)).toEqual([
      { target: 'iqn.2004-10.example:t1', portal: { address: '10.99.1.1', port: 3260 } },
      { target: 'iqn.2004-10.example:t1', portal: { address: 'fd99::1', port: 3260 } },
      { target: 'eui.0123456789abcdef', portal: { address: 'fd99::2', port: 3261 } },
      { target: 'naa.0123456789abcdef', portal: { address: '10.99.1.2', port: 3260 } },
    ])
  })
})

test.each([
  [4, 'ERR_TARGET_UNREACHABLE'],
  [8, 'ERR_TARGET_UNREACHABLE'],
  [11, 'ERR_TARGET_UNREACHABLE'],
  [21, 'ERR_TARGET_NOT_FOUND'],
  [24, 'ERR_AUTHENTICATION'],
  [3, 'ERR_TOOL_FAILED'],
])('a discovery that ends with %i is %s', (exitCode, code) => {
  const error = discoveryError({ address: 'fd99::1', port: 3260 }, { exitCode, stdout: '', stderr: 'why' })
  expect(error).toMatchObject({ code, details: { portal: '[fd99::1]:3260', exitCode, stderr: 'why' } })
})

describe('a discovery record', () => {
  const path = '/etc/iscsi/send_targets/10.99.1.1,3260'
  const text = formatDiscoveryRecord({
    portal: { address: '10.99.1.1', port: 3260 },
    owner: 'me',
    username: 'eva',
    secret: 'secret-of-eva',
    loginTimeoutSec: 7,
  })

  test('of ours is nobody else’s, and goes', async () => {
    const host = new FakeHost()
    await writeDiscoveryRecord(host, path, text)
    expect(await host.files.stat(path)).toMatchObject({ type: 'file', mode: 0o600 })
    expect(await foreignDiscovery(host, path)).toBeUndefined()
    await removeDiscoveryRecord(host, path)
    expect(await host.files.list('/etc/iscsi/send_targets')).toEqual([])
  })

  test('of another program is told with its credentials, and stays', async () => {
    const host = new FakeHost()
    host.put(`${path}/st_config`, 'discovery.sendtargets.auth.username = eva\ndiscovery.sendtargets.auth.password = x y\n')
    expect(await foreignDiscovery(host, path)).toEqual({ path: `${path}/st_config`, username: 'eva', secret: 'x y' })
    await removeDiscoveryRecord(host, path)
    expect(await host.files.list(path)).toEqual(['st_config'])
    host.put('/etc/iscsi/send_targets/10.99.1.2,3260', 'discovery.type = sendtargets\n')
    expect(await foreignDiscovery(host, '/etc/iscsi/send_targets/10.99.1.2,3260')).toEqual({
      path: '/etc/iscsi/send_targets/10.99.1.2,3260',
    })
    await removeDiscoveryRecord(host, '/etc/iscsi/send_targets/10.99.1.2,3260')
    expect(await host.files.list('/etc/iscsi/send_targets')).toContain('10.99.1.2,3260')
  })
})
