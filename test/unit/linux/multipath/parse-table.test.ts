import { describe, expect, test } from 'vitest'

import { parseMapTable } from '../../../../lib/linux/multipath/parse-table.js'

describe("the kernel's table of a map", () => {
  test('tells features, handler, and each group with its selector', () => {
    const table = '3 queue_if_no_path pg_init_retries 50 1 alua 2 1 service-time 0 2 2 8:16 1 1 8:32 1 1 queue-length 1 x 1 1 8:48 1000 '
    expect(parseMapTable(table)).toEqual({
      features: ['queue_if_no_path', 'pg_init_retries', '50'],
      handler: ['alua'],
      groups: [
        { selector: 'service-time 0', paths: ['8:16', '8:32'] },
        { selector: 'queue-length 1 x', paths: ['8:48'] },
      ],
    })
  })
  test('of a map without anything', () => {
    expect(parseMapTable('0 0 0 0')).toEqual({ features: [], handler: [], groups: [] })
  })
  test.each(['', '2 0', '0 0 1 1 service-time 0 1 2 8:16 1', '0 0 1 1 service-time 0 1 1 sda 1', '8:16 0', '0 0 9999 1'])(
    'is nothing when it is something else: %j',
    (parameters) => {
      expect(parseMapTable(parameters)).toBeUndefined()
    },
  )
})
