/** What callers may pass, checked before anything is touched. Unknown keys are mistakes, not extensions. */
import { z } from 'zod'
import type { AttachRequest } from '../api/attachment.js'
import type { PartialPolicy, Policy } from '../api/policy.js'
import { BrickworkError } from '../core/errors.js'
import { Secret } from '../core/secret.js'
import type { SessionAuth } from '../api/connection.js'
import { fits, parseLun } from './lun.js'
import { plainPortal, whyNoPortal } from '../core/portal.js'

/** RFC 3720 3.2.6 and RFC 3980: `iqn.`, `eui.` and `naa.` names; no character that could leave a directory or a line. */
const NAME = /^(iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.:_-]+|eui\.[0-9A-Fa-f]{16}|naa\.([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}))$/
const NAME_BYTES = 223

const portal = z.string().superRefine((text, context) => {
  if (plainPortal(text) === undefined) context.addIssue({ code: 'custom', message: whyNoPortal(text) })
})
const targetName = z
  .string()
  .refine((text) => NAME.test(text) && text.length <= NAME_BYTES, `must be an iqn., eui. or naa. name of at most ${NAME_BYTES} bytes`)
const lun = z
  .union([z.number(), z.string()])
  .refine((value) => parseLun(value) !== undefined, 'must be a whole number from 0 to 2^64 − 1, or 0x and 16 hexadecimal digits')
const line = (most: number) =>
  z
    .string()
    .refine((text) => text.length > 0 && Buffer.byteLength(text) <= most, `must have 1 to ${most} bytes`)
    .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), 'must have no control characters')

/** open-iscsi keeps 255 bytes of each (VALUE_MAXVAL). */
const chapText = line(255)
const chapFields = {
  username: chapText,
  secret: z.union([
    chapText,
    z
      .instanceof(Secret)
      .refine((secret) => chapText.safeParse(secret.reveal()).success, 'must have 1 to 255 bytes and no control characters'),
  ]),
}
const ifaceName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$/, 'must be the name of an open-iscsi iface')
const sessionAuth = z.strictObject({ ...chapFields, target: z.strictObject(chapFields).optional() })
const iscsiFields = z.strictObject({
  protocol: z.literal('iscsi'),
  targets: z
    .array(z.strictObject({ portal: portal.optional(), iqn: targetName, lun }))
    .min(1, 'must name at least one target')
    .superRefine((targets, context) => {
      const seen = new Map<string, number>()
      for (const [index, target] of targets.entries()) {
        const key = `${target.iqn} ${plainPortal(target.portal ?? '') ?? ''}`
        const first = seen.get(key)
        if (first === undefined) seen.set(key, index)
        else context.addIssue({ code: 'custom', path: [index], message: `names the same portal and target as targets[${first}]` })
      }
    }),
  discovery: z.strictObject({ portal, auth: z.strictObject(chapFields).optional() }).optional(),
  auth: sessionAuth.optional(),
  iface: z
    .union([
      ifaceName,
      z
        .array(ifaceName)
        .min(1)
        .refine((names) => new Set(names).size === names.length, 'names an iface twice'),
    ])
    .optional(),
  addressing: z.enum(['SAM', 'transparent', 'SAM2', 'SAM3-flat']).optional(),
})
const iscsi = iscsiFields.superRefine(({ targets, discovery, addressing }, context) => {
  for (const [index, target] of targets.entries())
    if (!fits(target.lun, addressing))
      context.addIssue({
        code: 'custom',
        path: ['targets', index, 'lun'],
        message: `must be at most 16383 with the addressing ${addressing}`,
      })
  if (discovery !== undefined) return
  for (const [index, target] of targets.entries())
    if (target.portal === undefined)
      context.addIssue({ code: 'custom', path: ['targets', index, 'portal'], message: 'is missing, and there is no discovery to find it' })
})
const local = z.strictObject({
  protocol: z.literal('local'),
  path: line(4096).refine((path) => path.startsWith('/dev/') && !path.split('/').includes('..'), 'must be an absolute path below /dev'),
})
const connection = z.discriminatedUnion('protocol', [iscsi, local])

const count = z.union([z.int().min(1), z.literal('all')])
const milliseconds = z.number().min(0).max(86_400_000)
const onNoPaths = z.enum(['fail', 'fail-io']).optional()
const policy = z.strictObject({
  multipath: z.enum(['require', 'prefer', 'never']).optional(),
  paths: z.strictObject({ min: count.optional(), want: count.optional(), graceMs: milliseconds.optional() }).optional(),
  ready: z.enum(['udev', 'kernel']).optional(),
  identity: z.enum(['agree', 'require']).optional(),
  lun: z.strictObject({ waitMs: z.union([milliseconds, z.literal('deadline')]).optional() }).optional(),
  assemble: z.enum(['multipathd', 'direct']).optional(),
  iscsid: z.enum(['iscsiadm', 'socket']).optional(),
  onNoPaths,
  access: z.enum(['rw', 'ro']).optional(),
})
const id = line(256)
const request = z.strictObject({
  id,
  connection,
  expected: z
    .strictObject({
      wwid: line(256).optional(),
      serial: line(256).optional(),
      uuid: line(64).optional(),
      nguid: line(64).optional(),
      sizeBytes: z.int().min(0).optional(),
    })
    .optional(),
  policy: policy.optional(),
})

export function checkRequest(value: unknown): AttachRequest {
  return check(request, value, 'request') as AttachRequest
}
export function checkConnection(value: unknown): AttachRequest['connection'] {
  return check(connection, value, 'connection') as AttachRequest['connection']
}
/** Secrets that a caller's own code came up with during an attach. */
export function checkSessionAuth(value: unknown): SessionAuth {
  return check(sessionAuth, value, 'refreshSecrets()') as SessionAuth
}
export function checkId(value: unknown): string {
  return check(id, value, 'id')
}
export function checkPolicy(value: unknown): PartialPolicy {
  return check(policy as unknown as z.ZodType<PartialPolicy>, value, 'policy')
}
export function checkOnNoPaths(value: unknown): Policy['onNoPaths'] | undefined {
  return check(onNoPaths, value, 'onNoPaths')
}
export function checkSize(value: unknown): number | undefined {
  return check(z.int().min(1).optional(), value, 'sizeBytes')
}
export function checkLimits(value: unknown): void {
  const most = z.int().min(1).optional()
  check(z.strictObject({ operations: most, loginsPerPortal: most, scansPerHost: most }), value, 'limits')
}
/** A time-out of a call: 1 ms to a day. */
export function checkTimeout(value: unknown): number {
  return check(z.number().min(1).max(86_400_000), value, 'timeoutMs')
}

function check<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const issue = deepest(result.error.issues[0])
  const field = [what, ...(issue?.path ?? [])].reduce<string>(
    (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`),
    '',
  )
  const named = issue?.code === 'unrecognized_keys' ? `${field}.${issue.keys[0] ?? ''}` : field
  const why = issue?.code === 'unrecognized_keys' ? 'is not known' : (issue?.message ?? 'is not valid')
  // The value itself stays out of the message: it may be a secret in the wrong place.
  throw new BrickworkError('ERR_INVALID_ARGUMENT', `${named}: ${why}`, { details: { field: named } })
}

/** Of a failed union, the issue of the branch that got furthest. */
function deepest(issue: z.core.$ZodIssue | undefined): z.core.$ZodIssue | undefined {
  if (issue?.code !== 'invalid_union') return issue
  const inner = issue.errors.flat()
  if (inner.length === 0) return issue
  const best = inner.reduce((a, b) => (b.path.length > a.path.length ? b : a))
  return deepest({ ...best, path: [...issue.path, ...best.path] })
}
