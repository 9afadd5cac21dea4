import { describe, expect, test } from 'vitest'

import { DEFAULT_TIMEOUT_MS, mergePolicy } from '../../../lib/operation/policy.js'
import { LIMITS, POLICY } from './entries.js'
import type { PartialPolicy } from '../../../lib/api/policy.js'

/** The documented defaults. */
const documented = {
  multipath: 'prefer',
  paths: { min: 1, want: 'all', graceMs: 2000 },
  ready: 'udev',
  identity: 'agree',
  lun: { waitMs: 'deadline' },
  assemble: 'multipathd',
  iscsi: { logins: 'iscsiadm' },
  nvme: {},
  onNoPaths: 'fail',
  access: 'rw',
} as const

describe('the policy', () => {
  test('of nobody who says anything is the documented one', () => {
    expect(mergePolicy(POLICY)).toEqual(documented)
    expect(mergePolicy(POLICY, undefined, {}, undefined)).toEqual(documented)
    expect([DEFAULT_TIMEOUT_MS, LIMITS]).toEqual([60_000, { operations: 256, scansPerHost: 2, iscsi: { loginsPerPortal: 8 } }])
  })
  test.each<[PartialPolicy, PartialPolicy, object]>([
    [{ ready: 'kernel' }, {}, { ready: 'kernel' }],
    [{ ready: 'kernel' }, { ready: 'udev' }, { ready: 'udev' }],
    [{ paths: { min: 2 } }, { paths: { want: 4 } }, { paths: { min: 2, want: 4, graceMs: 2000 } }],
    [{ paths: { min: 2, graceMs: 0 } }, { paths: { min: 'all' } }, { paths: { min: 'all', want: 'all', graceMs: 0 } }],
    [{ lun: { waitMs: 0 } }, {}, { lun: { waitMs: 0 } }],
    [{ iscsi: { logins: 'socket' } }, { iscsi: {} }, { iscsi: { logins: 'socket' } }],
    [{ lun: { waitMs: 0 } }, { access: 'ro' }, { lun: { waitMs: 0 }, access: 'ro' }],
  ])('of an attacher %j and of a request %j are merged key by key, the request wins', (attacher, request, expected) => {
    expect(mergePolicy(POLICY, attacher, request)).toEqual({ ...documented, ...expected })
  })
  test('is merged without changing what it is merged from', () => {
    const layer = { paths: { min: 2 } }
    mergePolicy(POLICY, layer, { paths: { min: 3 } })
    expect(layer).toEqual({ paths: { min: 2 } })
    expect(POLICY).toEqual(documented)
  })
})
