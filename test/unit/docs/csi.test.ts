/** Runs the example of docs/csi.md. */
import { expect, test } from 'vitest'
import { type Attacher, createAttacher, type GrpcStatus } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { nodeExpandVolume, nodeStageVolume, nodeUnstageVolume, unary } from './examples/csi-node.js'

const IQN = 'iqn.2024-01.org.example:array'
const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260']
/** The name of the status that a call answers. */
async function statusOf(call: () => Promise<unknown>): Promise<string> {
  return await new Promise((resolve) => {
    unary(call)({ request: undefined }, (failure: GrpcStatus | null) => resolve(failure?.name ?? 'OK'))
  })
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
    expect(await statusOf(() => attacher.detach('pvc-1'))).toBe('FAILED_PRECONDITION')
    expect(await statusOf(() => nodeExpandVolume(attacher, 'pvc-1', 256 * 2 ** 20))).toBe('UNAVAILABLE')
    host.storage.resize('data', 32)
    expect(await statusOf(() => nodeExpandVolume(attacher, 'pvc-1', 32 * 2 ** 20))).toBe('OUT_OF_RANGE')
    host.storage.resize('data', 128)
    await nodeUnstageVolume(attacher, 'pvc-1', staging, 60_000)
    expect(await statusOf(() => nodeUnstageVolume(attacher, 'pvc-1', staging, 60_000))).toBe('OK')
    expect(await statusOf(() => attacher.inspect('pvc-1'))).toBe('NOT_FOUND')
    expect(await statusOf(() => nodeExpandVolume(attacher, 'pvc-1', 1))).toBe('NOT_FOUND')
    const another = call('36001405aabbccddeeff0011223344556')
    expect(await statusOf(() => nodeStageVolume(attacher, another, staging))).toBe('FAILED_PRECONDITION')
    expect(await statusOf(() => nodeStageVolume(attacher, { ...another, volumeId: '' }, staging))).toBe('INVALID_ARGUMENT')
    host.verify()
  })
})
