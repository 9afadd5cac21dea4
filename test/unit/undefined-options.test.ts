/**
 * `undefined` is allowed for everything that may be left out, also with TypeScript's `exactOptionalPropertyTypes`, which this file is compiled
 * with. Callers then need no spread for each optional value.
 */
import { expect, expectTypeOf, test } from 'vitest'

import {
  type AttachCall,
  type AttachRequest,
  type CloseCall,
  createAttacher,
  type DetachCall,
  type DoctorOptions,
  type EnumerateOptions,
  type ForgetCall,
  type HealCall,
  type HostOptions,
  type IscsiConnection,
  type LocalConnection,
  type PartialLimits,
  type PartialPolicy,
  type RecoverCall,
  type ResizeCall,
  type SupportBundleOptions,
  type UeventsOptions,
} from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

const IQN = 'iqn.2024-01.org.example:vol'
const PORTAL = '10.99.1.1:3260'

const policy: PartialPolicy = {
  multipath: undefined,
  paths: { min: undefined, want: undefined, graceMs: undefined },
  ready: undefined,
  identity: undefined,
  lun: { waitMs: undefined },
  assemble: undefined,
  onNoPaths: undefined,
  access: undefined,
  iscsi: {
    logins: undefined,
    replacementTimeoutSec: undefined,
    headerDigest: undefined,
    dataDigest: undefined,
    chapAlgorithms: undefined,
  },
}
const noPolicy: PartialPolicy = { paths: undefined, lun: undefined, iscsi: undefined }
const limits: PartialLimits = { operations: undefined, scansPerHost: undefined, iscsi: { loginsPerPortal: undefined } }
const connection: IscsiConnection = {
  protocol: 'iscsi',
  targets: [{ portal: PORTAL, iqn: IQN, lun: 1 }],
  discovery: undefined,
  auth: undefined,
  iface: undefined,
  addressing: undefined,
  access: undefined,
}
const request: AttachRequest<IscsiConnection> = {
  id: 'vol-1',
  connection,
  expected: { wwid: undefined, serial: undefined, uuid: undefined, nguid: undefined, sizeBytes: undefined },
  policy,
}

test('an attach with undefined for every optional field is one without them', async () => {
  const host = new FakeHost()
  host.storage.volume('vol', { sizeMb: 64 })
  host.storage.iscsi.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'vol' } })
  await using attacher = await createAttacher({ host, policy, limits })
  const call: AttachCall = { signal: undefined, timeoutMs: undefined, refreshSecrets: undefined }
  expect(await attacher.attach(request, call)).toMatchObject({ device: '/dev/sda', reused: false })
  const bare = { id: 'vol-1', connection: { protocol: 'iscsi' as const, targets: connection.targets } }
  expect(await attacher.attach(bare)).toMatchObject({ reused: true })
  expect(await attacher.attach({ ...bare, expected: undefined, policy: noPolicy })).toMatchObject({ reused: true })
  const detach: DetachCall = { signal: undefined, timeoutMs: undefined, force: undefined, onNoPaths: undefined, ifMissing: undefined }
  expect(await attacher.detach({ connection }, detach)).toMatchObject({ id: 'vol-1', outcome: 'released' })
  host.verify()
})

test('the options of every call and function may be undefined', () => {
  type Optional<T> = { [K in keyof T]-?: Partial<Pick<T, K>> extends Pick<T, K> ? K : never }[keyof T]
  /** Names of options that may be left out, but not be `undefined`. */
  type Exact<T> = { [K in Optional<T>]: { [P in K]: undefined } extends Pick<T, K> ? never : K }[Optional<T>]
  expectTypeOf<Exact<AttachCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<DetachCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<ResizeCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<ForgetCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<HealCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<RecoverCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<CloseCall>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<HostOptions>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<UeventsOptions>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<EnumerateOptions>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<DoctorOptions>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<SupportBundleOptions>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<LocalConnection>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<IscsiConnection>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<AttachRequest>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<PartialPolicy>>().toEqualTypeOf<never>()
  expectTypeOf<Exact<PartialLimits>>().toEqualTypeOf<never>()
  // The check sees one that may not.
  expectTypeOf<Exact<{ readonly a?: string; readonly b?: string | undefined; readonly c: string }>>().toEqualTypeOf<'a'>()
  const none: { call: AttachCall; recover: RecoverCall } = { call: { timeoutMs: undefined }, recover: { dryRun: undefined } }
  expect(none).toBeDefined()
})
