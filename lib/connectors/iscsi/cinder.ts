/** An iSCSI volume as OpenStack Cinder describes it (os-brick, initiator/connectors/iscsi.py). */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import { accessOfCinder, cinderAccess, cinderError, parseCinderData } from '../../connection/cinder.js'
import type { CinderForm } from '../../connection/form.js'
import { lazy } from '../../core/lazy.js'
import { Secret } from '../../core/secret.js'

/** Other keys (volume_id, qos_specs, …) are Cinder's own and mean nothing to an initiator. */
const data = lazy(() => {
  const lunValue = z.union([z.number(), z.string()])
  return z.object({
    target_portal: z.string().optional(),
    target_iqn: z.string().optional(),
    target_lun: lunValue.optional(),
    target_portals: z.array(z.string().nullable()).optional(),
    target_iqns: z.array(z.string()).optional(),
    target_luns: z.array(lunValue).optional(),
    auth_method: z.string().nullish(),
    auth_username: z.string().nullish(),
    auth_password: z.string().nullish(),
    discovery_auth_method: z.string().nullish(),
    discovery_auth_username: z.string().nullish(),
    discovery_auth_password: z.string().nullish(),
    ...cinderAccess(),
    addressing_mode: z.enum(['SAM', 'transparent', 'SAM2', 'SAM3-flat']).nullish(),
  })
})
type Data = zod.infer<ReturnType<typeof data>>

export const iscsiCinder: CinderForm = {
  types: ['iscsi', 'iser'],
  isDefault: true,
  parse: (type, value) => {
    const properties = parseCinderData(data(), value)
    return {
      protocol: 'iscsi',
      ...targetsOf(properties),
      ...authOf('auth', properties),
      ...(type === 'iser' ? { iface: 'iser' } : {}),
      ...accessOfCinder(properties.access_mode),
      ...(properties.addressing_mode == null ? {} : { addressing: properties.addressing_mode }),
    }
  },
}

/**
 * The plural form counts only if it names both portals and targets; it may then name one LUN for all of them. With the singular form the
 * host discovers the target's other portals.
 */
function targetsOf(properties: Data) {
  const { target_portals: portals, target_iqns: iqns, target_luns: luns } = properties
  if (portals !== undefined && iqns !== undefined) {
    if (iqns.length !== portals.length)
      throw cinderError('target_iqns', `has ${iqns.length} entries, but target_portals has ${portals.length}`)
    if (luns !== undefined && luns.length !== portals.length)
      throw cinderError('target_luns', `has ${luns.length} entries, but target_portals has ${portals.length}`)
    const targets = portals.map((portal, index) => ({
      portal: withoutTag(portal ?? ''),
      iqn: iqns[index],
      lun: luns?.[index] ?? properties.target_lun,
    }))
    return { targets }
  }
  if (properties.target_portal === undefined) throw cinderError('target_portal', 'is missing')
  if (properties.target_iqn === undefined) throw cinderError('target_iqn', 'is missing')
  const portal = withoutTag(properties.target_portal)
  return {
    targets: [{ portal, iqn: properties.target_iqn, lun: properties.target_lun }],
    discovery: { portal, ...authOf('discovery_auth', properties) },
  }
}
function authOf(kind: 'auth' | 'discovery_auth', properties: Data) {
  const {
    [`${kind}_method` as const]: method,
    [`${kind}_username` as const]: username,
    [`${kind}_password` as const]: password,
  } = properties
  if (method == null || method === 'None') return {}
  if (method !== 'CHAP') throw cinderError(`${kind}_method`, 'must be CHAP or None')
  return { auth: { username: username ?? '', secret: new Secret(password ?? '') } }
}
/** Removes the portal group tag of `192.0.2.1:3260,1`, which means nothing to an initiator. */
function withoutTag(portal: string): string {
  return portal.replace(/,-?[0-9]+$/, '')
}
