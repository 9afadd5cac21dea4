/** From OpenStack Cinder's `connection_info` and back. */
import { z } from 'zod'
import type { Attachment } from '../api/attachment.js'
import { BrickworkError } from '../core/errors.js'
import { Secret } from '../core/secret.js'
import { checkConnection } from './schema.js'
import type { Connection } from '../api/connection.js'

/** Keys beside these (volume_id, qos_specs, …) are Cinder's own and mean nothing to an initiator. */
const lunValue = z.union([z.number(), z.string()])
const data = z.object({
  target_portal: z.string().optional(),
  target_iqn: z.string().optional(),
  target_lun: lunValue.optional(),
  target_portals: z.array(z.string()).optional(),
  target_iqns: z.array(z.string()).optional(),
  target_luns: z.array(lunValue).optional(),
  auth_method: z.string().nullish(),
  auth_username: z.string().nullish(),
  auth_password: z.string().nullish(),
  discovery_auth_method: z.string().nullish(),
  discovery_auth_username: z.string().nullish(),
  discovery_auth_password: z.string().nullish(),
  addressing_mode: z.enum(['SAM', 'transparent', 'SAM2', 'SAM3-flat']).nullish(),
  device_path: z.string().nullish(),
})
const info = z.object({ driver_volume_type: z.string(), data: z.record(z.string(), z.unknown()) })

/**
 * Reads `{ driver_volume_type, data }`, or the `data` of an iSCSI volume alone, in its singular or plural form.
 * @throws `ERR_INVALID_ARGUMENT` naming the field; `ERR_UNSUPPORTED` for other volume types.
 */
export function fromCinder(connectionInfo: unknown): Connection {
  const whole = info.safeParse(connectionInfo)
  const type = whole.success ? whole.data.driver_volume_type : 'iscsi'
  const parsed = data.safeParse(whole.success ? whole.data.data : connectionInfo)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const field = issue?.path.join('.') ?? ''
    throw invalid(field === '' ? 'connection_info' : field, issue?.message ?? 'is not valid')
  }
  if (type === 'local') return checkConnection({ protocol: 'local', path: parsed.data.device_path })
  if (type !== 'iscsi' && type !== 'iser')
    throw new BrickworkError('ERR_UNSUPPORTED', `driver_volume_type ${JSON.stringify(type)} is not supported`, {
      details: { field: 'driver_volume_type' },
    })
  return checkConnection({
    protocol: 'iscsi',
    ...targetsOf(parsed.data),
    ...authOf('auth', parsed.data),
    ...(type === 'iser' ? { iface: 'iser' } : {}),
    ...(parsed.data.addressing_mode == null ? {} : { addressing: parsed.data.addressing_mode }),
  })
}

/** What os-brick's `connect_volume` answers. */
export function toCinderDeviceInfo(attachment: Attachment): { type: 'block'; path: string; scsi_wwn: string; multipath_id?: string } {
  const wwn = attachment.wwid ?? ''
  return { type: 'block', path: attachment.device, scsi_wwn: wwn, ...(attachment.multipath === null ? {} : { multipath_id: wwn }) }
}

/**
 * The plural form counts only when it names portals and targets; LUNs may then be one for all. The singular form leaves it to the host to
 * find the target's other portals.
 */
function targetsOf(properties: z.infer<typeof data>) {
  const { target_portals: portals, target_iqns: iqns, target_luns: luns } = properties
  if (portals !== undefined && iqns !== undefined) {
    if (iqns.length !== portals.length) throw invalid('target_iqns', `has ${iqns.length} entries, target_portals ${portals.length}`)
    if (luns !== undefined && luns.length !== portals.length)
      throw invalid('target_luns', `has ${luns.length} entries, target_portals ${portals.length}`)
    const targets = portals.map((portal, index) => ({
      portal: withoutTag(portal),
      iqn: iqns[index],
      lun: luns?.[index] ?? properties.target_lun,
    }))
    return { targets }
  }
  if (properties.target_portal === undefined) throw invalid('target_portal', 'is missing')
  if (properties.target_iqn === undefined) throw invalid('target_iqn', 'is missing')
  const portal = withoutTag(properties.target_portal)
  return {
    targets: [{ portal, iqn: properties.target_iqn, lun: properties.target_lun }],
    discovery: { portal, ...authOf('discovery_auth', properties) },
  }
}
function authOf(kind: 'auth' | 'discovery_auth', properties: z.infer<typeof data>) {
  const {
    [`${kind}_method` as const]: method,
    [`${kind}_username` as const]: username,
    [`${kind}_password` as const]: password,
  } = properties
  if (method == null || method === 'None') return {}
  if (method !== 'CHAP') throw invalid(`${kind}_method`, `${JSON.stringify(method)} is not supported`)
  return { auth: { username: username ?? '', secret: new Secret(password ?? '') } }
}
/** `192.0.2.1:3260,1`: the portal group tag is the target's business. */
function withoutTag(portal: string): string {
  return portal.replace(/,-?[0-9]+$/, '')
}
function invalid(field: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${field}: ${why}`, { details: { field } })
}
