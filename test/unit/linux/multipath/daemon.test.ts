import { describe, expect, test } from 'vitest'

import { askedMultipathd, multipathdRuns, readDaemonMaps, readDaemonPaths, wordsIn } from '../../../../lib/linux/multipath/daemon.js'
import { mapped, withMap } from '../../testing/mapped.js'
import { forever } from '../machine.js'

describe('a list of names', () => {
  test('has one a line, and none when multipathd says ok', () => {
    expect(wordsIn('36001405aa\n1SUN_STK_FLEXLINE-60/0.1\n')).toEqual(['36001405aa', '1SUN_STK_FLEXLINE-60/0.1'])
    expect([wordsIn('ok'), wordsIn('')]).toEqual([[], []])
  })
  test('is nothing else: no name follows from a text that is no list', () => {
    for (const text of ['permission deny: need to be root', 'sda\nCLI commands reference:\n', '{ "maps": [] }', 'sda\n\nsdb'])
      expect(wordsIn(text)).toBeUndefined()
  })
})

describe('the daemon of a machine', () => {
  test('tells its maps and paths, and answers what it is told', async () => {
    const { host, wwid } = await withMap()
    expect(await readDaemonMaps(host, forever)).toEqual([wwid])
    expect(await readDaemonPaths(host, forever)).toEqual(['sda', 'sdb'])
    expect(await askedMultipathd(host, 'del path sdb', forever)).toBe('ok')
    expect(await askedMultipathd(host, 'del path sdz', forever)).toBe('refused')
    expect(await readDaemonPaths(host, forever)).toEqual(['sda'])
  })
  test('that is busy gives no answer, within its patience, and one that has ended none either', async () => {
    const { host } = await withMap()
    const noAnswer = async () => {
      const from = host.clock.now()
      expect(await askedMultipathd(host, 'show daemon', forever)).toBe('no-answer')
      return host.clock.now() - from
    }
    const mute = host.faults.plant({ on: 'kernel.exchange', matching: 'multipathd', does: { hang: 'before' }, times: Infinity })
    expect(await noAnswer()).toBe(5000)
    mute.withdraw()
    host.multipathd.pause()
    expect(await noAnswer(), 'a process that is stopped').toBe(1000)
    host.multipathd.stop()
    expect(await multipathdRuns(host)).toBe(false)
    expect(await askedMultipathd(host, 'show daemon', forever)).toBe('no-answer')
  })
  test('with no map and no path says so, and an answer that was cut off, refused or is no list says nothing', async () => {
    const { host } = await mapped()
    expect([await readDaemonMaps(host, forever), await readDaemonPaths(host, forever)]).toEqual([[], []])
    for (const multipathdAnswers of ['cut off', 'unreadable', 'fail', 'timeout'] as const) {
      const { host: other } = await withMap({ multipathdAnswers })
      await expect(readDaemonMaps(other, forever)).rejects.toMatchObject({ code: 'ERR_DAEMON_UNREACHABLE' })
      await expect(readDaemonPaths(other, forever)).rejects.toMatchObject({ code: 'ERR_DAEMON_UNREACHABLE' })
    }
  })
})

describe('whether multipathd runs', () => {
  test.each([
    ['with a pid file in another place', { multipathdPidFile: '/run/multipathd/multipathd.pid' }],
    ['without a pid file', { multipathdPidFile: undefined }],
    ['in a container', { multipathdContainer: 'own network' }],
  ] as const)('is seen in /proc %s', async (_, options) => {
    const { host } = await mapped(options)
    expect(await multipathdRuns(host)).toBe(true)
    host.multipathd.kill()
    expect(await multipathdRuns(host)).toBe(false)
    host.multipathd.start()
    expect(await multipathdRuns(host)).toBe(true)
  })
  test('is not said by a pid file that was left to another program, nor by a socket that systemd holds', async () => {
    const { host } = await withMap({ multipathdSocketActivated: true })
    host.multipathd.kill()
    host.put('/run/multipathd.pid', '1')
    expect(await multipathdRuns(host)).toBe(false)
    expect(host.multipathd.running).toBe(false)
  })
  test.each([
    ['a client', ['multipathd', 'show', 'maps'], 0],
    ['a client with -k', ['multipathd', '-k'], 0],
    ['a process that has ended and is still listed', [], 0],
    ['another user’s process of that name', ['/sbin/multipathd', '-d'], 1000],
  ])('is not said by %s', async (_, argv, uid) => {
    const { host } = await mapped({ multipathd: 'stopped' })
    host.putDirectory('/proc/77')
    host.put('/proc/77/comm', 'multipathd\n')
    host.put('/proc/77/cmdline', argv.map((word) => `${word}\0`).join(''))
    if (uid !== 0) host.faults.plant({ on: 'files.stat', matching: '/proc/77', does: { answer: { type: 'directory', mode: 0o555, uid } } })
    expect(await multipathdRuns(host)).toBe(false)
    host.verify()
  })
  test('is said by a daemon with a level of verbosity', async () => {
    const { host } = await mapped({ multipathd: 'stopped' })
    host.put('/proc/77/comm', 'multipathd\n')
    host.put('/proc/77/cmdline', '/usr/sbin/multipathd\0-v\x003\0')
    expect(await multipathdRuns(host)).toBe(true)
  })
})
