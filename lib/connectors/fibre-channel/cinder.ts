/** A Fibre Channel volume as OpenStack Cinder describes it (os-brick, initiator/connectors/fibre_channel.py). */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import { accessOfCinder, cinderAccess, cinderError, parseCinderData } from '../../connection/cinder.js'
import type { CinderForm } from '../../connection/form.js'
import { parseLun } from '../../connection/lun.js'
import { lazy } from '../../core/lazy.js'
import { worldWideName } from '../../linux/fc/wwn.js'

/**
 * Other keys are Cinder's own. `enable_wildcard_scan` is ignored: a scan for one LUN number at every target would bring disks of volumes
 * that nobody attaches here.
 */
const data = lazy(() => {
  const lun = z.union([z.number(), z.string()])
  const names = z
    .union([z.string(), z.array(z.string())])
    .nullish()
    .transform(toList)
  const luns = z
    .union([lun, z.array(lun)])
    .nullish()
    .transform(toList)
  return z.object({
    target_wwn: names,
    target_wwns: names,
    target_lun: luns,
    target_luns: luns,
    initiator_target_map: z.record(z.string(), names).nullish(),
    ...cinderAccess(),
    addressing_mode: z.enum(['SAM', 'transparent', 'SAM2', 'SAM3-flat']).nullish(),
  })
})
function toList<T>(value: T | readonly T[] | null | undefined): readonly T[] {
  return value == null ? [] : isList(value) ? value : [value]
}
/** `Array.isArray` does not know readonly arrays. */
const isList = <T>(value: T | readonly T[]): value is readonly T[] => Array.isArray(value)
type Data = zod.infer<ReturnType<typeof data>>

export const fibreChannelCinder: CinderForm = {
  types: ['fibre_channel'],
  parse: (_, value) => {
    const properties = parseCinderData(data(), value)
    return {
      protocol: 'fibre-channel',
      targets: targetsOf(properties),
      ...initiatorsOf(properties),
      ...accessOfCinder(properties.access_mode),
      ...(properties.addressing_mode == null ? {} : { addressing: properties.addressing_mode }),
    }
  },
}

/** The plural of each key counts before its singular. Several LUNs belong to the target ports in their order; one LUN belongs to all. */
function targetsOf({ target_wwns, target_wwn, target_luns, target_lun }: Data) {
  const wwns = given({ target_wwns, target_wwn }).map(({ field, value }) => nameIn(value, field))
  const luns = given({ target_luns, target_lun })
  for (const { field, value } of luns) if (parseLun(value) === undefined) throw cinderError(field, 'must be the number of a LUN')
  if (luns.length !== 1 && luns.length !== wwns.length)
    throw cinderError(
      target_luns.length > 0 ? 'target_luns' : 'target_lun',
      `has ${luns.length} LUNs, but there are ${wwns.length} target ports: name one LUN for all, or one for each`,
    )
  return wwns.map((wwpn, index) => ({ wwpn, lun: (luns[index] ?? luns[0])?.value }))
}
/** The values of the first key that has any, each with its own name. @throws an error that names the last key if none has. */
function given<T>(keys: Readonly<Record<string, readonly T[]>>): readonly { readonly field: string; readonly value: T }[] {
  for (const [key, values] of Object.entries(keys))
    if (values.length > 0) return values.map((value, index) => ({ field: values.length === 1 ? key : `${key}[${index}]`, value }))
  throw cinderError(Object.keys(keys).at(-1) ?? '', 'is missing')
}
/** Zone managers fill the map, and may leave it empty. */
function initiatorsOf({ initiator_target_map: map }: Data) {
  const field = 'initiator_target_map'
  const named = Object.entries(map ?? {}).map(
    ([port, targets]) => [nameIn(port, field), targets.map((each) => nameIn(each, field))] as const,
  )
  const targetsOf = (port: string) => named.flatMap(([each, targets]) => (each === port ? targets : []))
  return named.length === 0 ? {} : { initiators: Object.fromEntries(named.map(([port]) => [port, targetsOf(port)])) }
}

function nameIn(text: string, field: string): string {
  const name = worldWideName(text)
  if (name === undefined) throw cinderError(field, 'must be the world-wide name of a port: 16 hexadecimal digits')
  return name
}
