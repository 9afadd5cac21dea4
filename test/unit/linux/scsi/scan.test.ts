import { expect, test } from 'vitest'
import { scanLun } from '../../../../lib/linux/scsi/scan.js'
import type { GuardedWrite, Host } from '../../../../lib/core/host.js'
import { FakeHost } from '../../../../lib/testing/index.js'

const { signal } = new AbortController()
async function written(lun: bigint, { channel, id } = { channel: 0, id: 0 }): Promise<string> {
  const fake = new FakeHost()
  const writes: GuardedWrite[] = []
  const write = (request: GuardedWrite) => {
    writes.push(request)
    return Promise.resolve({ outcome: 'written' as const })
  }
  const kernel = new Proxy(fake.kernel, { get: (target, key) => (key === 'write' ? write : Reflect.get(target, key)) as unknown })
  const { files, commands, events, locks, clock, log, architecture } = fake
  const host: Host = { files, commands, events, locks, clock, log, architecture, kernel }
  await scanLun(host, { host: 3, channel, id, lun }, [], signal)
  return writes.map(({ value }) => value).join()
}

test.each([
  [0n, '0 0 0'],
  [16684n, '0 0 16684'],
  [9_999_999_999_999_999n, '0 0 9999999999999999'],
  [10_000_000_000_000_000n, '0 0 0x2386f26fc10000'],
  [2n ** 56n - 1n, '0 0 0xffffffffffffff'],
])('LUN %d is asked for as %j: the kernel reads 16 characters', async (lun, value) => {
  expect(await written(lun)).toBe(value)
})

test('a number with more is refused, not cut off', async () => {
  await expect(written(2n ** 56n)).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' })
})

test('channel and id of the target come before the LUN', async () => {
  expect(await written(5n, { channel: 1, id: 4 })).toBe('1 4 5')
})
