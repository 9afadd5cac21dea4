import { describe, expect, test, vi } from 'vitest'

import { portalOf } from '../../../../lib/core/portal.js'
import { login, loginError, logout } from '../../../../lib/linux/iscsi/iscsiadm.js'
import { FakeHost, result } from '../../../../lib/testing/index.js'
import { forever, IQN } from '../machine.js'

const ending = (exitCode: number, stderr = '') => {
  const host = new FakeHost()
  const run = vi.spyOn(host.commands, 'run').mockResolvedValue(result(exitCode, '', stderr))
  return { host, run }
}

describe('a login', () => {
  test('asks for one target, one portal and one iface, and answers how iscsiadm ended', async () => {
    const { host, run } = ending(15)
    expect(await login(host, IQN, portalOf('[2001:db8::1]:3260'), 'default', false, forever)).toMatchObject({ exitCode: 15 })
    const argv = ['iscsiadm', '-m', 'node', '-T', IQN, '-p', '[2001:db8::1]:3260', '-I', 'default', '--login']
    expect(run.mock.calls).toEqual([[argv, { signal: forever, onAbort: 'leave' }]])
  })
  test('has gone well when iscsiadm says so, whatever else it ends with', async () => {
    const place = `[iface: default, target: ${IQN}, portal: 192.0.2.1,3260]`
    const stdout = `Logging in to ${place}\nLogin to ${place} successful.\n`
    const host = new FakeHost()
    const run = vi.spyOn(host.commands, 'run').mockResolvedValue(result(15, stdout, 'iscsiadm: Could not log into all portals\n'))
    const ask = () => login(host, IQN, portalOf('192.0.2.1:3260'), 'default', false, forever)
    expect(await ask()).toMatchObject({ exitCode: 0, stdout })
    run.mockResolvedValue(result(15, `Logging in to ${place}\n`, 'iscsiadm: Could not log into all portals\n'))
    expect(await ask()).toMatchObject({ exitCode: 15 })
  })
  test('does not wait for an answer that never comes', async () => {
    const { host, run } = ending(0)
    await login(host, IQN, portalOf('192.0.2.1:3260'), 'default', true, forever)
    expect(run.mock.calls[0]?.[0]).toContain('--no_wait')
  })
})

/** The exit codes of iscsiadm(8). */
const login8: [number, string, string][] = [
  [1, 'generic error', 'ERR_TOOL_FAILED'],
  [2, 'session not found', 'ERR_TOOL_FAILED'],
  [3, 'no memory', 'ERR_TOOL_FAILED'],
  [4, 'transport error', 'ERR_TARGET_UNREACHABLE'],
  [5, 'login failed', 'ERR_TARGET_NOT_FOUND'],
  [6, 'database error', 'ERR_STATE'],
  [7, 'invalid argument', 'ERR_TOOL_FAILED'],
  [8, 'connection timed out', 'ERR_TARGET_UNREACHABLE'],
  [9, 'internal error', 'ERR_TOOL_FAILED'],
  [10, 'logout failed', 'ERR_TOOL_FAILED'],
  [11, 'PDU timed out', 'ERR_TARGET_UNREACHABLE'],
  [12, 'transport not found', 'ERR_TOOL_FAILED'],
  [13, 'access denied', 'ERR_TOOL_FAILED'],
  [14, 'transport capabilities', 'ERR_TOOL_FAILED'],
  [16, 'invalid management request', 'ERR_TOOL_FAILED'],
  [18, 'iscsid communication error', 'ERR_TOOL_FAILED'],
  [19, 'fatal login error', 'ERR_TARGET_NOT_FOUND'],
  [20, 'no connection to iscsid', 'ERR_DAEMON_UNREACHABLE'],
  [21, 'no objects found', 'ERR_STATE'],
  [22, 'sysfs lookup', 'ERR_TOOL_FAILED'],
  [23, 'host not found', 'ERR_TOOL_FAILED'],
  [24, 'login refused', 'ERR_AUTHENTICATION'],
  [27, 'not supported', 'ERR_TOOL_FAILED'],
  [28, 'busy', 'ERR_TOOL_FAILED'],
  [29, 'try again', 'ERR_TOOL_FAILED'],
  [31, 'child terminated', 'ERR_TOOL_FAILED'],
  [32, 'session not connected', 'ERR_TOOL_FAILED'],
  [33, 'request timed out', 'ERR_TOOL_FAILED'],
  [137, 'killed', 'ERR_TOOL_FAILED'],
  [255, 'very old', 'ERR_TOOL_FAILED'],
]

describe('a failed login', () => {
  test('with exit code 5 or 19 after the target was asked to prove itself is an authentication error', () => {
    for (const code of [5, 19]) expect(loginError('x', result(code), true)).toMatchObject({ code: 'ERR_AUTHENTICATION' })
    expect(loginError('x', result(8), true)).toMatchObject({ code: 'ERR_TARGET_UNREACHABLE' })
  })
  test.each(login8)('with exit code %d (%s) is %s', (exitCode, _, code) => {
    const error = loginError(`${IQN} at 192.0.2.1:3260`, result(exitCode, '', 'iscsiadm: what it said\n'))
    expect(error).toMatchObject({ code, details: { exitCode, stderr: 'iscsiadm: what it said' } })
    expect(error.message).toContain(`${IQN} at 192.0.2.1:3260`)
  })
  test('of a kernel without iscsi_tcp says what to load', () => {
    expect(loginError('x', result(12)).message).toContain('modprobe iscsi_tcp')
  })
  test('carries the end of what iscsiadm said, not all of it', () => {
    const { details } = loginError('x', result(1, '', `${'x'.repeat(10_000)}the end`))
    expect(details['stderr']).toMatch(/^x+the end$/)
    expect(String(details['stderr'])).toHaveLength(500)
  })
})

describe('a logout', () => {
  test('names the session by its number, never by its portal', async () => {
    const { host, run } = ending(0)
    await logout(host, 7, forever)
    expect(run.mock.calls).toEqual([[['iscsiadm', '-m', 'session', '-r', '7', '--logout'], { signal: forever, onAbort: 'leave' }]])
  })
  test.each([0, 2, 21, 22])('is done when iscsiadm ends with %d: the session is not there', async (exitCode) => {
    await expect(logout(ending(exitCode).host, 7, forever)).resolves.toBeUndefined()
  })
  test.each([1, 6, 9, 10, 20, 28, 32])('has failed when iscsiadm ends with %d', async (exitCode) => {
    await expect(logout(ending(exitCode, 'no').host, 7, forever)).rejects.toMatchObject({
      code: 'ERR_TOOL_FAILED',
      details: { exitCode, stderr: 'no' },
      message: expect.stringContaining('session 7') as unknown,
    })
  })
})
