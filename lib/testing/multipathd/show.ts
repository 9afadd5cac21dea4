/** multipathd's answers to its `show` commands (libmultipath, print.c). */
import { verdict } from './path-state.js'
import type { KnownMap, KnownPath } from './vectors.js'

const SECTOR_BYTES = 512
/** The priority that alua gives an optimized path. */
const PRIORITY = 50
const CHECKER = 'tur'
const UNDEFINED = '[undef]'
const VENDOR = '%v'
const PRODUCT = '%p'

/** The names by which an array identifies itself. */
interface ArrayNames {
  readonly vendor: string
  readonly product: string
}
export function arrayOf(quotes: boolean): ArrayNames {
  return quotes ? { vendor: 'O"Array', product: 'FILE"IO' } : { vendor: 'LIO-ORG', product: 'FILEIO' }
}

export function mapsJson(maps: readonly KnownMap[], paths: readonly KnownPath[], array: ArrayNames): string {
  return json({ major_version: 0, minor_version: 1, maps: maps.map((map) => mapObject(map, paths)) }, array)
}
export function mapJson(map: KnownMap, paths: readonly KnownPath[], array: ArrayNames): string {
  return json({ major_version: 0, minor_version: 1, map: mapObject(map, paths) }, array)
}
export function status(paths: readonly KnownPath[], busy: boolean): string {
  const counts = (['up', 'down'] as const).map((state) => [state, paths.filter((path) => path.state === state).length] as const)
  const lines = counts.filter(([, count]) => count > 0).map(([state, count]) => `${state.padEnd(20)}${count}\n`)
  const open = paths.filter(({ close }) => close !== undefined).length
  return `path checker states:\n${lines.join('')}\npaths: ${open}\nbusy: ${busy ? 'True' : 'False'}\n`
}

export const pathWildcards: Readonly<Record<string, (path: KnownPath) => string>> = {
  d: ({ block }) => block.name,
  D: ({ block }) => block.device,
  w: ({ wwid }) => wwid,
  p: () => String(PRIORITY),
  c: () => CHECKER,
  i: ({ disk }) => disk.hctl,
  t: dmState,
  o: (path) => (path.map === undefined ? 'unknown' : deviceState(path)),
  T: (path) => (path.map === undefined ? 'undef' : checkerState(path)),
  m: ({ map }) => map?.map.name ?? '[orphan]',
}
export const mapWildcards: Readonly<Record<string, (map: KnownMap) => string>> = {
  n: ({ map }) => map.name,
  w: ({ wwid }) => wwid,
  d: ({ map }) => map.block.name,
  t: ({ map }) => (map.suspended ? 'suspend' : 'active'),
  N: ({ map }) => String(map.activePaths),
  S: ({ map }) => `${(map.table.sectors * SECTOR_BYTES) / (1024 * 1024)}M`,
}

function mapObject({ map, wwid, queueingDisabled }: KnownMap, paths: readonly KnownPath[]): object {
  const members = map.paths.map(({ block }) => paths.find((path) => path.block === block))
  return {
    name: map.name,
    uuid: wwid,
    sysfs: map.block.name,
    failback: '-',
    queueing: map.table.queueing ? 'on' : queueingDisabled ? 'off' : '-',
    paths: map.activePaths,
    write_prot: 'rw',
    dm_st: map.suspended ? 'suspend' : 'active',
    features: map.table.queueing ? '1 queue_if_no_path' : '0',
    hwhandler: '1 alua',
    action: '',
    path_faults: map.paths.reduce((sum, { failures }) => sum + failures, 0),
    vend: VENDOR,
    prod: PRODUCT,
    rev: '4.0',
    switch_grp: 0,
    map_loads: 0,
    total_q_time: 0,
    q_timeouts: 0,
    path_groups: members.map((path, index) => ({
      selector: 'service-time 0',
      pri: PRIORITY,
      dm_st: index === map.table.current ? 'active' : 'enabled',
      marginal_st: 'normal',
      group: index + 1,
      paths: path === undefined ? [] : [pathObject(path)],
    })),
  }
}
function pathObject(path: KnownPath): object {
  const { block, disk } = path
  const { names } = disk.nexus
  return {
    dev: block.name,
    dev_t: block.device,
    dm_st: dmState(path),
    dev_st: deviceState(path),
    chk_st: checkerState(path),
    checker: CHECKER,
    pri: PRIORITY,
    host_wwnn: names.hostNode ?? UNDEFINED,
    target_wwnn: names.targetNode ?? UNDEFINED,
    host_wwpn: names.hostPort ?? UNDEFINED,
    target_wwpn: names.targetPort ?? UNDEFINED,
    host_adapter: names.hostAdapter ?? UNDEFINED,
    lun_hex: `0x${disk.lun.toString(16).padStart(4, '0').padEnd(16, '0')}`,
    marginal_st: 'normal',
  }
}
function dmState(path: KnownPath): string {
  const active = path.map?.map.pathTo(path.block)?.active
  return active === undefined ? 'undef' : active ? 'active' : 'failed'
}
function deviceState({ disk }: KnownPath): string {
  return disk.state === 'offline' ? 'offline' : 'running'
}
function checkerState(path: KnownPath): string {
  if (path.state === 'down') return 'faulty'
  return verdict(path) === 'pending' ? 'i/o pending' : 'ready'
}
/** Puts in the names of the array without escaping them, as multipathd does (print.h, PRINT_JSON_MAP). */
function json(value: object, { vendor, product }: ArrayNames): string {
  return `${JSON.stringify(value, null, 3).replaceAll(VENDOR, vendor).replaceAll(PRODUCT, product)}\n`
}
