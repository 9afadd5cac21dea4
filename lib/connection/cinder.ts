/** Converts OpenStack Cinder's `connection_info` to a connection, and an attachment to os-brick's `device_info`. */
import type * as zod from 'zod'
import { z } from './zod.js'
import type { BlockAttachment } from '../api/attachment.js'
import type { FromCinderOptions } from '../api/cinder.js'
import type { PartialPolicy } from '../api/policy.js'
import { BrickworkError } from '../core/errors.js'
import { lazy } from '../core/lazy.js'
import { invalid, parsed, problemsOf } from './check.js'
import type { ConnectionForm } from './form.js'

const info = lazy(() => z.object({ driver_volume_type: z.string(), data: z.record(z.string(), z.unknown()) }))
const encryption = lazy(() => z.object({ encrypted: z.boolean().nullish() }))

/**
 * The connection of `{ driver_volume_type, data }`, or of the `data` of the default protocol alone. The result is not checked yet.
 * @throws `ERR_INVALID_ARGUMENT` naming the field; `ERR_UNSUPPORTED` for a volume type that no form has, and for an encrypted volume whose
 * encryption nobody opens.
 */
export function parseCinder(
  connectionInfo: unknown,
  forms: readonly ConnectionForm[],
  { encryption: opened }: FromCinderOptions = {},
): unknown {
  const isWhole = typeof connectionInfo === 'object' && connectionInfo !== null && 'driver_volume_type' in connectionInfo
  const whole = isWhole ? parseCinderData(info(), connectionInfo) : undefined
  // os-brick compares the type without case.
  const type = whole?.driver_volume_type.toLowerCase()
  const form = forms.find(({ cinder }) => (type === undefined ? cinder?.isDefault === true : cinder?.types.includes(type) === true))?.cinder
  if (form === undefined)
    throw new BrickworkError('ERR_UNSUPPORTED', `driver_volume_type: this type is not supported, only ${typesOf(forms).join(', ')}`, {
      details: { field: 'driver_volume_type' },
    })
  const data = whole?.data ?? connectionInfo
  const { encrypted } = parseCinderData(encryption(), data)
  if (encrypted === true && opened !== 'caller')
    throw new BrickworkError('ERR_UNSUPPORTED', 'encrypted: the device would show ciphertext, since encryption is not opened here', {
      details: { field: 'encrypted' },
    })
  return form.parse(type ?? form.types[0] ?? '', data)
}

const policy = lazy(() => z.object({ enforce_multipath: z.boolean().nullish() }))

/** @throws `ERR_INVALID_ARGUMENT` naming the field. */
export function parseCinderPolicy(connectionInfo: unknown): PartialPolicy {
  const isWhole = typeof connectionInfo === 'object' && connectionInfo !== null && 'data' in connectionInfo
  const { enforce_multipath: enforced } = parseCinderData(policy(), isWhole ? connectionInfo.data : connectionInfo)
  return enforced === true ? { multipath: 'require' } : {}
}

const typesOf = (forms: readonly ConnectionForm[]) => forms.flatMap(({ cinder }) => cinder?.types ?? [])

/** Converts an attachment to the result of os-brick's `connect_volume`. */
export function toCinderDeviceInfo(attachment: BlockAttachment): {
  /** Kind of the device. */
  type: 'block'
  /** Device node: `/dev/dm-3`. */
  path: string
  /** WWID of the volume; empty if it shows none. Absent for an NVMe namespace, as in os-brick. */
  scsi_wwn?: string
  /** WWID of the map; absent for a single path. */
  multipath_id?: string
} {
  const wwn = attachment.wwid ?? ''
  // os-brick's connector for NVMe returns none.
  const shown = attachment.nvme === undefined ? { scsi_wwn: wwn } : {}
  return { type: 'block', path: attachment.device, ...shown, ...(attachment.multipath === null ? {} : { multipath_id: wwn }) }
}

/** Part of the data of every volume type: `ro` if Cinder attaches the volume read-only. */
export const cinderAccess = lazy(() => ({ access_mode: z.enum(['rw', 'ro']).nullish() }))
export function accessOfCinder(mode: 'rw' | 'ro' | null | undefined): { readonly access?: 'ro' } {
  return mode === 'ro' ? { access: 'ro' } : {}
}

/** @throws `ERR_INVALID_ARGUMENT` naming each wrong field as Cinder does. */
export function parseCinderData<T>(schema: zod.ZodType<T>, value: unknown): T {
  const { data, issues } = parsed(schema, value)
  if (issues === undefined) return data
  throw invalid(problemsOf(issues, '').map(({ field, message }) => ({ field: field || 'connection_info', message })))
}
export function cinderError(field: string, message: string): BrickworkError {
  return invalid([{ field, message }])
}
