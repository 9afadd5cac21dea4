import type { Namespace } from './targets.js'

/** What identifies a namespace. */
export interface Ids {
  readonly uuid: string | undefined
  readonly nguid: string | undefined
  readonly eui64: string | undefined
}
export const idsOf = ({ uuid, nguid, eui64 }: Namespace): Ids => ({ uuid, nguid, eui64 })
export const sectorsOf = ({ volume }: Namespace): number => volume.sizeBytes / 512
export function sameIds(a: Ids, b: Ids): boolean {
  return a.uuid === b.uuid && a.nguid === b.nguid && a.eui64 === b.eui64
}
/** drivers/nvme/host/core.c, nvme_subsys_check_duplicate_ids: one equal identifier is enough. */
export function shareId(a: Ids, b: Ids): boolean {
  return (['uuid', 'nguid', 'eui64'] as const).some((name) => a[name] !== undefined && a[name] === b[name])
}
