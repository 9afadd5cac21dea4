/** Schemas of all inputs. They are checked before anything on the host is changed. Unknown keys are errors. */
import { z } from './zod.js'
import type { AttachRequest } from '../api/attachment.js'
import type { Connection } from '../api/connection.js'
import type { PartialLimits, PartialPolicy, Policy } from '../api/policy.js'
import { BrickworkError } from '../core/errors.js'
import { lazy } from '../core/lazy.js'
import { isLine, MOST_ID_BYTES } from '../core/line.js'
import { accessMode, check, line } from './check.js'
import type { ConnectionForm } from './form.js'
import { canBeShown, type Meaning, meaningOfNguid, meaningOfUuid, meaningOfWwid } from '../core/volume-name.js'

/** What many inputs have. Schemas are made when the first input is checked: to make them costs more than to check a hundred inputs. */
const common = lazy(() => ({
  count: z.union([z.int().min(1), z.literal('all')]),
  milliseconds: z.number().min(0).max(86_400_000),
  onNoPaths: z.enum(['fail', 'fail-io']).optional(),
  id: line(MOST_ID_BYTES),
  /** Block devices have whole sectors of 512 bytes (Linux, include/linux/blk_types.h, SECTOR_SIZE). */
  sizeBytes: z.int().min(512).multipleOf(512, 'must be a multiple of 512, as the size of every block device is'),
}))
const names = (most: number, meaningOf: (text: string) => Meaning, what: string) =>
  line(most).refine((text) => meaningOf(text).some(canBeShown), what)
const expectedSchema = () =>
  z.strictObject({
    wwid: names(
      256,
      meaningOfWwid,
      'does not name a single volume: use `naa.6…`, `36…`, `0x6…`, `eui.…`, `t10.…` or `uuid.…`; a serial number goes into `serial`',
    ).optional(),
    serial: line(256)
      .refine((text) => text.trim() === text, 'must not begin or end with a space: devices show it without')
      .optional(),
    uuid: names(64, meaningOfUuid, 'must be a UUID of 32 hexadecimal digits').optional(),
    nguid: names(64, meaningOfNguid, 'must have 32 hexadecimal digits').optional(),
    sizeBytes: common().sizeBytes.optional(),
  })

/** Checks of inputs that depend on the protocols. Each throws `ERR_INVALID_ARGUMENT` naming the field. */
export interface Checks {
  request(value: unknown): AttachRequest
  connection(value: unknown): Connection
  /** A connection that names an attachment. It needs no secrets, and its result must not be used to attach. */
  reference(value: unknown): Connection
  policy(value: unknown): PartialPolicy
  limits(value: unknown): PartialLimits
}

/** The schemas of requests and of their parts. */
export function schemasOf(forms: readonly ConnectionForm[]) {
  const { count, milliseconds, onNoPaths, id } = common()
  const [first, ...more] = forms.map(({ schema }) => schema)
  const connection = first === undefined ? z.never() : z.discriminatedUnion('protocol', [first, ...more])
  const policy = z.strictObject({
    multipath: z.enum(['require', 'prefer', 'never']).optional(),
    paths: z.strictObject({ min: count.optional(), want: count.optional(), graceMs: milliseconds.optional() }).optional(),
    ready: z.enum(['udev', 'kernel']).optional(),
    identity: z.enum(['agree', 'require']).optional(),
    lun: z.strictObject({ waitMs: z.union([milliseconds, z.literal('deadline')]).optional() }).optional(),
    assemble: z.enum(['multipathd', 'direct']).optional(),
    onNoPaths,
    access: accessMode(),
    ...settingsOf(forms, 'policy'),
  })
  const request = z.strictObject({ id, connection, expected: expectedSchema().optional(), policy: policy.optional() })
  return { request, connection, policy }
}
function referenceSchema(forms: readonly ConnectionForm[]) {
  const [first, ...more] = forms.map((form) => form.reference ?? form.schema)
  return first === undefined ? z.never() : z.discriminatedUnion('protocol', [first, ...more])
}
function limitsSchema(forms: readonly ConnectionForm[]) {
  const most = z.int().min(1).optional()
  const priority = z.int().min(-20).max(19).optional()
  return z.strictObject({ operations: most, scansPerHost: most, priority, ...settingsOf(forms, 'limits') })
}
const settingsOf = (forms: readonly ConnectionForm[], part: 'policy' | 'limits') =>
  Object.fromEntries(forms.flatMap((form) => (form[part] === undefined ? [] : [[form.protocol, form[part].schema.optional()]])))

export function checksOf(forms: readonly ConnectionForm[]): Checks {
  const schemas = lazy(() => schemasOf(forms))
  const reference = lazy(() => referenceSchema(forms))
  const limits = lazy(() => limitsSchema(forms))
  const supported = <T extends Connection>(given: T, what: string): T => {
    const problem = forms.find(({ protocol }) => protocol === given.protocol)?.unsupported?.(given)
    if (problem === undefined) return given
    const field = `${what}.${problem.field}`
    throw new BrickworkError('ERR_UNSUPPORTED', `${field}: ${problem.message}`, { details: { field } })
  }
  return {
    request: (value) => {
      const given = check(schemas().request, value, 'request') as AttachRequest
      supported(given.connection, 'request.connection')
      return given
    },
    connection: (value) => supported(check(schemas().connection, value, 'connection') as Connection, 'connection'),
    reference: (value) => check(reference(), value, 'connection') as Connection,
    policy: (value) => (isEmpty(value) ? {} : check(schemas().policy, value, 'policy')),
    limits: (value) => (isEmpty(value) ? {} : check(limits(), value, 'limits')),
  }
}
/** Nothing to check: no schema is made for it. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length === 0
}

export function checkId(value: unknown): string {
  return isLine(value, MOST_ID_BYTES) ? value : check(common().id, value, 'id')
}
export function checkOnNoPaths(value: unknown): Policy['onNoPaths'] | undefined {
  return value === undefined ? undefined : check(common().onNoPaths, value, 'onNoPaths')
}
/** Checks the pause between background heals, in milliseconds: 1 s to one day. @throws `ERR_INVALID_ARGUMENT` */
export function checkInterval(value: unknown): number | undefined {
  return value === undefined ? undefined : check(z.number().min(1000).max(86_400_000), value, 'healIntervalMs')
}
export function checkIfMissing(value: unknown): 'ok' | 'error' {
  return value === undefined ? 'ok' : check(z.enum(['ok', 'error']), value, 'ifMissing')
}
export function checkSize(value: unknown): number | undefined {
  return value === undefined ? undefined : check(common().sizeBytes, value, 'sizeBytes')
}
const LONGEST_MS = 86_400_000
/** The time-out of a call, in milliseconds: 1 ms to one day. */
export const timeoutSchema = lazy(() => z.number().min(1).max(LONGEST_MS))
/** @throws `ERR_INVALID_ARGUMENT` */
export function checkTimeout(value: unknown): number {
  const isRight = typeof value === 'number' && value >= 1 && value <= LONGEST_MS
  return isRight ? value : check(timeoutSchema(), value, 'timeoutMs')
}
