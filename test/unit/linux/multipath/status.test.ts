import { describe, expect, test } from 'vitest'

import { parseMapStatus } from '../../../../lib/linux/multipath/status.js'

describe("the kernel's status of a map", () => {
  test('tells every path of all groups, and whether it lives', () => {
    expect(parseMapStatus('2 0 1 0 2 1 A 0 2 2 8:16 A 0 0 1 8:32 F 3 0 1 E 0 1 2 8:48 A 0 0 1')?.paths).toEqual([
      { device: '8:16', active: true, failures: 0, group: 1 },
      { device: '8:32', active: false, failures: 3, group: 1 },
      { device: '8:48', active: true, failures: 0, group: 2 },
    ])
  })
  test('tells the state of each group', () => {
    expect(parseMapStatus('2 0 1 0 3 1 E 0 1 2 8:16 A 0 0 1 A 0 1 2 8:32 A 0 0 1 D 0 1 2 8:48 F 1 0 1')?.groups).toEqual([
      'enabled',
      'active',
      'disabled',
    ])
  })
  test('of a map without groups has no path', () => {
    expect(parseMapStatus('2 0 0 0 0 0')).toEqual({ queues: false, groups: [], paths: [] })
  })
  test.each(['', '2 0', '2 0 0 0 1 1 A 0 2 2 8:16 A 0 0 1', '2 0 0 0 1 1 A 0 1 2 sda A 0 0 1', '0 67108864 linear 8:16 0'])(
    'is nothing when it is something else: %j',
    (parameters) => {
      expect(parseMapStatus(parameters)).toBeUndefined()
    },
  )
})
