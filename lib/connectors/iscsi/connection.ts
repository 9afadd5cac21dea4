/** The connection of an iSCSI volume: its schema and its canonical form. */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import type { IscsiConnection } from '../../api/connection.js'
import { accessMode, line } from '../../connection/check.js'
import type { CanonicalConnection, ConnectionForm } from '../../connection/form.js'
import { fits, parseLun, canonicalLun } from '../../connection/lun.js'
import { canonicalPortal, whyNoPortal } from '../../core/portal.js'
import { CHAP_ALGORITHMS, DIGESTS } from '../../linux/iscsi/host-settings.js'
import { lazy } from '../../core/lazy.js'
import { Secret } from '../../core/secret.js'
import { iscsiCinder } from './cinder.js'
import { ifacesOf, canonicalIfaces } from './named-paths.js'

/** RFC 3720 3.2.6 and RFC 3980: `iqn.`, `eui.` and `naa.` names. Excludes characters that could leave a directory or end a line. */
const NAME = /^(iqn\.[0-9]{4}-[0-9]{2}\.[A-Za-z0-9.:_-]+|eui\.[0-9A-Fa-f]{16}|naa\.([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32}))$/
const NAME_BYTES = 223

/** Made when the first connection is checked. */
const fields = lazy(() => {
  const portal = z.string().superRefine((text, context) => {
    if (canonicalPortal(text) === undefined) context.addIssue({ code: 'custom', message: whyNoPortal(text) })
  })
  const portalOrNone = z.string().superRefine((text, context) => {
    if (text !== '' && canonicalPortal(text) === undefined) context.addIssue({ code: 'custom', message: whyNoPortal(text) })
  })
  const targetName = z
    .string()
    .refine((text) => NAME.test(text) && text.length <= NAME_BYTES, `must be an iqn., eui. or naa. name of at most ${NAME_BYTES} bytes`)
  const lun = z
    .union([z.number(), z.string()])
    .refine((value) => parseLun(value) !== undefined, 'must be a whole number from 0 to 2^64 − 1, or 0x and 16 hexadecimal digits')
  /** open-iscsi stores at most 255 bytes of each (VALUE_MAXVAL). */
  const chapText = line(255)
  const secretText = z.union([
    chapText,
    z
      .instanceof(Secret)
      .refine((secret) => chapText.safeParse(secret.reveal()).success, 'must have 1 to 255 bytes and no control characters'),
  ])
  const chapFields = { username: chapText, secret: secretText }
  /** Where the connection only names an attachment. */
  const chapUser = { username: chapText, secret: secretText.optional() }
  const ifaceName = z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,63}$/, 'must be the name of an open-iscsi iface')
  const sessionAuth = z.strictObject({ ...chapFields, target: z.strictObject(chapFields).optional() })
  const sessionUser = z.strictObject({ ...chapUser, target: z.strictObject(chapUser).optional() })
  /** Control planes may name a portal twice, or pass an empty one for a portal without an address yet. */
  const targetList = z
    .array(z.strictObject({ portal: portalOrNone.optional(), iqn: targetName, lun }))
    .min(1, 'must name at least one target')
    .superRefine((targets, context) => {
      const seen = new Map<string, number>()
      for (const [index, target] of targets.entries()) {
        const first = seen.get(targetKey(target))
        if (first === undefined) seen.set(targetKey(target), index)
        else if (canonicalLun(target.lun) !== canonicalLun(targets[first]?.lun ?? ''))
          context.addIssue({
            code: 'custom',
            path: [index],
            message: `names the same portal and target as targets[${first}] with another LUN`,
          })
      }
      const empty = targets.findIndex((target) => target.portal === '')
      if (empty >= 0 && targets.every((target) => target.portal === '' || target.portal === undefined))
        context.addIssue({ code: 'custom', path: [empty, 'portal'], message: 'is empty, and no other target has a portal' })
    })
  const iscsiFields = z.strictObject({
    protocol: z.literal('iscsi'),
    targets: targetList,
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
    access: accessMode(),
  })
  return { portal, iscsiFields, sessionAuth, sessionUser, chapUser }
})
type Fields = zod.infer<ReturnType<typeof fields>['iscsiFields']>
/** Rules about several fields. */
function checkTogether(
  { targets, discovery, addressing }: Pick<Fields, 'targets' | 'addressing'> & { readonly discovery?: unknown },
  context: zod.RefinementCtx,
): void {
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
}
const iscsi = lazy(() => fields().iscsiFields.superRefine(checkTogether))
const reference = lazy(() => {
  const { portal, iscsiFields, sessionUser, chapUser } = fields()
  return iscsiFields
    .extend({
      auth: sessionUser.optional(),
      discovery: z.strictObject({ portal, auth: z.strictObject(chapUser).optional() }).optional(),
    })
    .superRefine(checkTogether)
})

const policy = lazy(() => {
  const digest = z.enum(DIGESTS).optional()
  return z.strictObject({
    logins: z.enum(['iscsiadm', 'socket']).optional(),
    replacementTimeoutSec: z.int().min(-1).max(86_400).optional(),
    headerDigest: digest,
    dataDigest: digest,
    chapAlgorithms: z.array(z.enum(CHAP_ALGORITHMS)).min(1).max(CHAP_ALGORITHMS.length).optional(),
  })
})
const limits = lazy(() => z.strictObject({ loginsPerPortal: z.int().min(1).optional() }))

export const iscsiForm: ConnectionForm<IscsiConnection> = {
  protocol: 'iscsi',
  get schema() {
    return iscsi()
  },
  get reference() {
    return reference()
  },
  get auth() {
    return fields().sessionAuth
  },
  policy: {
    get schema() {
      return policy()
    },
    defaults: { logins: 'iscsiadm' },
  },
  limits: {
    get schema() {
      return limits()
    },
    defaults: { loginsPerPortal: 8 },
  },
  cinder: iscsiCinder,
  canonical,
  describe: ({ targets }) =>
    (targets as IscsiConnection['targets']).map(
      ({ portal: at, iqn, lun: number }) => `${iqn} LUN ${number}${at === undefined ? '' : ` at ${at}`}`,
    ),
}

/** Equal for entries that name the same portal and target, in any spelling. */
function targetKey({ portal: text = '', iqn }: { readonly portal?: string | undefined; readonly iqn: string }): string {
  return `${iqn} ${canonicalPortal(text) ?? ''}`
}
function canonical(connection: IscsiConnection): CanonicalConnection {
  const { targets, discovery, auth, addressing } = connection
  const places = targets.map(targetKey)
  return {
    protocol: 'iscsi',
    targets: targets
      .filter((target, index) => places.indexOf(targetKey(target)) === index)
      .map(({ portal, iqn, lun }) => ({
        ...(portal === undefined ? {} : { portal: canonicalPortal(portal) ?? portal }),
        iqn,
        lun: canonicalLun(lun),
      })),
    ...(discovery === undefined ? {} : { discovery: canonicalDiscovery(discovery) }),
    ...(auth === undefined ? {} : { auth: { username: auth.username } }),
    ...canonicalIfaces(ifacesOf(connection)),
    ...(addressing === undefined ? {} : { addressing }),
  }
}

function canonicalDiscovery({ portal, auth }: NonNullable<IscsiConnection['discovery']>) {
  return { portal: canonicalPortal(portal) ?? portal, ...(auth === undefined ? {} : { auth: { username: auth.username } }) }
}
