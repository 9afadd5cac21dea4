/** Runs the example of docs/csi.md. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Attacher, BrickworkError, createAttacher, type ErrorCode, errorCodes } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { grpcStatus, nodeExpandVolume, nodeStageVolume, nodeUnstageVolume } from './examples/csi-node.js'

const IQN = 'iqn.2024-01.org.example:array'
const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']
const ROOT = join(import.meta.dirname, '../../..')
const statuses = Object.fromEntries(
  [...readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').matchAll(/^\| `(ERR_\w+)` \|.*\| `(\w+)` \|$/gm)].map(([, code, status]) => [
    code,
    status,
  ]),
) as Record<ErrorCode, string>

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
}
async function inStage(run: (attacher: Attacher, host: FakeHost, wwid: string) => Promise<void>): Promise<void> {
  const host = new FakeHost({ multipathd: 'running' })
  const { naa = '' } = host.storage.volume('data', { sizeMb: 64, content: 'ext4' })
  host.storage.iscsi.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' } })
  await using attacher = await createAttacher({ host })
  await run(attacher, host, `naa.${naa}`)
}
const call = (wwid: string) => ({
  volumeId: 'pvc-1',
  publishContext: { portals: PORTALS.join(','), iqn: IQN, lun: '1', wwid },
  secrets: {},
  readOnly: false,
  leftMs: 60_000,
  signal: new AbortController().signal,
})

test('it stages, expands and unstages a volume, and answers with a status of the table', async () => {
  await inStage(async (attacher, host, wwid) => {
    const mounted: { unmount(): void }[] = []
    const staging = {
      mount: (device: string) => Promise.resolve(void mounted.push(host.users.mount(device))),
      unmount: () => Promise.resolve(mounted.pop()?.unmount()),
    }
    await nodeStageVolume(attacher, call(wwid), staging)
    host.storage.resize('data', 128)
    expect((await nodeExpandVolume(attacher, 'pvc-1', 128 * 2 ** 20)).sizeBytes).toBe(128 * 2 ** 20)
    expect(grpcStatus('unstage', await failure(attacher.detach('pvc-1')), statuses)).toBe('FAILED_PRECONDITION')
    const tooSmall = await failure(nodeExpandVolume(attacher, 'pvc-1', 256 * 2 ** 20))
    expect(grpcStatus('expand', tooSmall, statuses)).toBe('UNAVAILABLE')
    await nodeUnstageVolume(attacher, 'pvc-1', staging, 60_000)
    await nodeUnstageVolume(attacher, 'pvc-1', staging, 60_000)
    expect(grpcStatus('stats', await failure(attacher.inspect('pvc-1')), statuses)).toBe('NOT_FOUND')
    const another = await failure(nodeStageVolume(attacher, call('36001405aabbccddeeff0011223344556'), staging))
    expect(grpcStatus('stage', another, statuses)).toBe('FAILED_PRECONDITION')
    expect(grpcStatus('expand', new BrickworkError('ERR_UNSUPPORTED', 'smaller'), statuses)).toBe('OUT_OF_RANGE')
    expect(grpcStatus('stage', new BrickworkError('ERR_INVALID_ARGUMENT', 'id', { details: { field: 'id' } }), statuses)).toBe(
      'INVALID_ARGUMENT',
    )
    host.verify()
  })
  expect(Object.keys(statuses)).toEqual([...errorCodes])
})
