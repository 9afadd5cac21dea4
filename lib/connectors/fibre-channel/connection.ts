/** The connection of a volume over Fibre Channel: its schema and its canonical form. */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import type { FibreChannelConnection } from '../../api/fibre-channel-connection.js'
import { accessMode } from '../../connection/check.js'
import type { CanonicalConnection, ConnectionForm } from '../../connection/form.js'
import { canonicalLun, fits, parseLun } from '../../connection/lun.js'
import { lazy } from '../../core/lazy.js'
import { worldWideName } from '../../linux/fc/wwn.js'
import { fibreChannelCinder } from './cinder.js'

const NO_NAME = 'must be the world-wide name of a port: 16 hexadecimal digits'
const isName = (text: string) => worldWideName(text) !== undefined

/** Made when the first connection is checked. */
const schema = lazy(() => {
  const wwpn = z.string().refine(isName, NO_NAME)
  const lun = z
    .union([z.number(), z.string()])
    .refine((value) => parseLun(value) !== undefined, 'must be a whole number from 0 to 2^64 − 1, or 0x and 16 hexadecimal digits')
  return z
    .strictObject({
      protocol: z.literal('fibre-channel'),
      targets: z.array(z.strictObject({ wwpn, lun })).min(1, 'must name at least one target port'),
      initiators: z.record(wwpn, z.array(wwpn)).optional(),
      addressing: z.enum(['SAM', 'transparent', 'SAM2', 'SAM3-flat']).optional(),
      access: accessMode(),
    })
    .superRefine(checkTogether)
})

/** Rules about several fields. */
function checkTogether({ targets, initiators, addressing }: FibreChannelConnection, context: zod.RefinementCtx): void {
  const complain = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message })
  for (const [index, target] of targets.entries())
    if (!fits(target.lun, addressing)) complain(['targets', index, 'lun'], `must be at most 16383 with the addressing ${addressing}`)
  const map = mapOf(initiators)
  if (map === undefined) return
  const wanted = targets.map(({ wwpn }) => worldWideName(wwpn))
  if ([...map.values()].every((ports) => ports.every((port) => !wanted.includes(port))))
    complain(['initiators'], 'must name at least one of the target ports of `targets`')
}

export const fibreChannelForm: ConnectionForm<FibreChannelConnection> = {
  protocol: 'fibre-channel',
  get schema() {
    return schema()
  },
  cinder: fibreChannelCinder,
  canonical,
  describe: ({ targets, initiators }) => {
    const from = Object.keys((initiators as FibreChannelConnection['initiators']) ?? {})
    const through = from.length === 0 ? '' : ` from ${from.join(', ')}`
    return (targets as FibreChannelConnection['targets']).map(({ wwpn, lun }) => `${wwpn} LUN ${lun}${through}`)
  },
}

/**
 * Target ports by the port of this host that may use them, in one spelling and sorted. `undefined` without a map: every port takes part. An
 * empty map is none.
 */
export function mapOf(initiators: FibreChannelConnection['initiators']): ReadonlyMap<string, readonly string[]> | undefined {
  const named = Object.entries(initiators ?? {}).map(([port, targets]) => [nameOf(port), targets.map(nameOf)] as const)
  const ports = [...new Set(named.map(([port]) => port))].sort()
  const targetsOf = (port: string) => named.flatMap(([each, targets]) => (each === port ? targets : []))
  return ports.length === 0 ? undefined : new Map(ports.map((port) => [port, [...new Set(targetsOf(port))].sort()]))
}
/** In one spelling. The schema has checked it. */
export const nameOf = (text: string) => worldWideName(text) ?? text

function canonical({ targets, initiators, addressing }: FibreChannelConnection): CanonicalConnection {
  const named = targets.map(({ wwpn, lun }) => ({ wwpn: nameOf(wwpn), lun: canonicalLun(lun) }))
  const map = mapOf(initiators)
  return {
    protocol: 'fibre-channel',
    targets: named.filter(({ wwpn, lun }, index) => named.findIndex((each) => each.wwpn === wwpn && each.lun === lun) === index),
    ...(map === undefined ? {} : { initiators: Object.fromEntries(map) }),
    ...(addressing === undefined ? {} : { addressing }),
  }
}
