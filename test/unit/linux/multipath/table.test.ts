import { expect, test } from 'vitest'
import { readTablePaths, tableParameters, type TablePath } from '../../../../lib/linux/multipath/table.js'
import { FakeHost } from '../../../../lib/testing/index.js'

const path = (device: string, accessState?: string, handler?: string): TablePath => ({ device, accessState, handler })

test('one path a group, the best port group first', () => {
  const paths = [
    path('8:0', 'standby', 'alua'),
    path('8:16', 'active/non-optimized', 'alua'),
    path('8:32', undefined, 'alua'),
    path('8:48', 'active/optimized', 'alua'),
    path('8:64', 'active/optimized', 'alua'),
  ]
  expect(tableParameters(paths)).toBe(
    '0 1 alua 5 1 service-time 0 1 1 8:48 1 service-time 0 1 1 8:64 1 service-time 0 1 1 8:16 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:32 1',
  )
})

test('without a hardware handler none is named', () => {
  expect(tableParameters([path('8:0')])).toBe('0 0 1 1 service-time 0 1 1 8:0 1')
  expect(tableParameters([path('8:0'), path('8:16', undefined, 'rdac')])).toBe(
    '0 1 rdac 2 1 service-time 0 1 1 8:0 1 service-time 0 1 1 8:16 1',
  )
})

test('what sysfs says of the disks, without those that are gone', async () => {
  const host = new FakeHost()
  for (const [name, files] of Object.entries({
    sdx: { dev: '65:112', 'device/access_state': 'standby', 'device/dh_state': 'alua' },
    sdy: { dev: '65:128', 'device/dh_state': 'detached' },
  }))
    for (const [file, text] of Object.entries(files)) host.put(`/sys/class/block/${name}/${file}`, text)
  expect(await readTablePaths(host, ['sdy', 'sdz', 'sdx'], new AbortController().signal)).toEqual([
    { device: '65:128', accessState: undefined, handler: undefined },
    { device: '65:112', accessState: 'standby', handler: 'alua' },
  ])
})
