import { expect, test } from 'vitest'
import { parseMountinfo } from '../../../../lib/linux/block/mountinfo.js'

test('a mount is told with its device, its place as it is spelt, and what it is', () => {
  const text = [
    '22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw',
    '36 35 8:0 /sub /mnt/with\\040space\\011tab\\012line\\134back ro,noatime - xfs /dev/my\\040disk rw',
    '39 35 0:38 / /mnt/8:0 rw shared:2 master:1 - btrfs /dev/sdb ro',
    '41 35 0:39 / /mnt/tmp rw master:1 propagate_from:3 - tmpfs tmpfs rw',
    'torn line 8:0',
    '40 35 8:16 / /torn rw - ext4',
    '',
  ].join('\n')
  expect(parseMountinfo(text)).toEqual([
    { number: '254:1', root: '/', source: '/dev/vda1', where: '/', fsType: 'ext4', readOnly: false, propagation: 'shared' },
    {
      number: '8:0',
      root: '/sub',
      source: '/dev/my disk',
      where: '/mnt/with space\ttab\nline\\back',
      fsType: 'xfs',
      readOnly: true,
      propagation: 'private',
    },
    { number: '0:38', root: '/', source: '/dev/sdb', where: '/mnt/8:0', fsType: 'btrfs', readOnly: false, propagation: 'shared' },
    { number: '0:39', root: '/', source: 'tmpfs', where: '/mnt/tmp', fsType: 'tmpfs', readOnly: false, propagation: 'slave' },
  ])
  expect(parseMountinfo('')).toEqual([])
})
