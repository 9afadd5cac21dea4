import { expect, test } from 'vitest'

import { addressesOf } from '../../../../lib/linux/topology/scsi.js'

test('names that are addresses of SCSI devices are sorted by host, channel, target and LUN as numbers; others are left out', () => {
  const sorted = ['0:0:0:0', '2:0:0:9', '2:0:0:10', '2:0:1:0', '2:0:10:0', '2:1:0:0', '10:0:0:1', '10:0:0:18446744073709551615']
  const others = ['host2', 'target2:0:0', '2:0:0', '2:0:0:x', '2:0:0:1:2', '', ':', '2:0:0:', 'x:0:0:1']
  expect(addressesOf([...others, ...sorted.toReversed(), ...others])).toEqual(sorted)
  expect(addressesOf(['2:0:0:x', '2:0:0:1'])).toEqual(['2:0:0:1'])
})
