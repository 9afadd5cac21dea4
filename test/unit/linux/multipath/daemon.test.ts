import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import {
  askedMultipathd,
  multipathdRuns,
  parseDaemonMaps,
  readDaemonMaps,
  readDaemonPaths,
} from '../../../../lib/linux/multipath/daemon.js'
import { withMap } from '../../testing/mapped.js'
import { forever } from '../machine.js'

/** As multipathd 0.9.4 says it, shortened. */
const MAPS = JSON.stringify({
  major_version: 0,
  minor_version: 1,
  maps: [
    {
      name: 'mpatha',
      uuid: '36001405aa',
      sysfs: 'dm-0',
      paths: 2,
      path_groups: [
        { selector: 'service-time 0', paths: [{ dev: 'sda', dev_t: '8:0', dm_st: 'active', dev_st: 'running', chk_st: 'ready' }] },
        { selector: 'service-time 0', paths: [{ dev: 'sdb', dev_t: '8:16', dm_st: 'failed', dev_st: 'running', chk_st: 'faulty' }] },
      ],
    },
    { name: 'empty', uuid: '36001405bb', sysfs: 'dm-1', path_groups: [] },
  ],
})

describe('maps as JSON', () => {
  test('give each map with the paths of all its groups', () => {
    expect(parseDaemonMaps(MAPS)).toEqual([
      {
        name: 'mpatha',
        wwid: '36001405aa',
        device: 'dm-0',
        paths: [
          { device: 'sda', dmState: 'active', checkerState: 'ready' },
          { device: 'sdb', dmState: 'failed', checkerState: 'faulty' },
        ],
      },
      { name: 'empty', wwid: '36001405bb', device: 'dm-1', paths: [] },
    ])
  })
  test('of another form are a parse error, never a guess', () => {
    for (const text of ['', 'fail', '{}', '{"maps":[{"name":1}]}', MAPS.slice(0, -1)])
      expect(() => parseDaemonMaps(text)).toThrow(expect.objectContaining({ code: 'ERR_PARSE' }) as Error)
  })
  test('are read from any text without another exception', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(() => parseDaemonMaps(text)).toThrow(expect.objectContaining({ code: 'ERR_PARSE' }) as Error)
      }),
    )
  })
})

describe('the daemon of a machine', () => {
  test('tells its maps and paths, and answers what it is told', async () => {
    const { host, wwid } = await withMap()
    expect((await readDaemonMaps(host, forever)).map(({ wwid: each, paths }) => [each, paths.length])).toEqual([[wwid, 2]])
    expect(await readDaemonPaths(host, forever)).toEqual(['sda', 'sdb'])
    expect(await askedMultipathd(host, 'del path sdb', forever)).toBe('ok')
    expect(await askedMultipathd(host, 'del path sdz', forever)).toBe('refused')
    expect(await readDaemonPaths(host, forever)).toEqual(['sda'])
  })
  test('that is busy gives no answer, within its patience, and one that has ended none either', async () => {
    const { host } = await withMap()
    host.multipathd.pause()
    const from = host.clock.now()
    expect(await askedMultipathd(host, 'show daemon', forever)).toBe('no-answer')
    expect(host.clock.now() - from).toBe(5000)
    host.multipathd.stop()
    expect(await multipathdRuns(host)).toBe(false)
    expect(await askedMultipathd(host, 'show daemon', forever)).toBe('no-answer')
  })
  test('that left its pid file to another program does not run', async () => {
    const { host } = await withMap()
    host.multipathd.kill()
    host.put('/run/multipathd.pid', '1')
    expect(await multipathdRuns(host)).toBe(false)
  })
})
