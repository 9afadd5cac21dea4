/** multipathd's commands as 0.9.4 takes them (multipathd/cli_handlers.c). */
import { mangled } from '../mapper/mangled-name.js'
import { blacklisted } from './config.js'
import { wwidOfName } from './known-files.js'
import type { Multipathd } from './multipathd.js'
import { arrayOf, mapJson, mapsJson, mapWildcards, pathWildcards, status } from './show.js'
import type { KnownMap } from './vectors.js'

/** The answer to a command, without the NUL. */
export function answer(daemon: Multipathd, command: string): string {
  const words = (command.match(/"(?:[^"]|"")*"|\S+/g) ?? []).map((word) => word.replace(/^"([^]*)"$/, '$1').replaceAll('""', '"'))
  const [verb = '', noun = '', subject = '', ...more] = words
  const said = ['show', 'list'].includes(verb)
    ? show(daemon, noun, subject, more)
    : more.length === 0
      ? perform(daemon, verb, noun, subject)
      : undefined
  if (said === undefined) throw daemon.parts.base.ledger.unknown(`multipathd's command ${JSON.stringify(command)}`)
  // The answer to a list without entries is `ok` too (uxlsnr.c, default_reply()).
  return typeof said === 'string' && said !== '' ? said : said === false ? 'fail\n' : 'ok\n'
}

type Said = string | boolean | undefined

function show(daemon: Multipathd, noun: string, subject: string, more: readonly string[]): Said {
  const { paths, maps } = daemon.vectors
  const array = arrayOf(daemon.parts.base.settings.multipathdAnswers === 'quotes')
  const rest = [subject, ...more].join(' ').trim()
  if (noun === 'daemon' && rest === '') return `pid ${daemon.pid} ${daemon.busy ? 'running' : 'idle'}\n`
  if (noun === 'status' && rest === '') return status(paths, daemon.busy)
  if (noun === 'maps' && rest === 'json') return mapsJson(maps, paths, array)
  if (noun === 'map' && more.join(' ') === 'json') {
    const map = daemon.vectors.map(deviceName(subject))
    return map === undefined ? false : mapJson(map, paths, array)
  }
  if (subject !== 'raw' || more[0] !== 'format' || more.length !== 2) return undefined
  if (noun === 'paths') return table(paths, more[1] ?? '', pathWildcards)
  if (noun === 'maps') return table(maps, more[1] ?? '', mapWildcards)
  return undefined
}
function perform(daemon: Multipathd, verb: string, noun: string, subject: string): Said {
  const { vectors } = daemon
  const name = deviceName(subject)
  switch (`${verb} ${noun}`.trim()) {
    case 'add path':
      return addPath(daemon, name)
    case 'del path': {
      const path = vectors.path(name)
      if (path === undefined) return false
      return vectors.removePath(path) === 'delayed' ? 'delayed\n' : true
    }
    case 'add map':
      return addMap(daemon, name)
    case 'del map': {
      const known = vectors.maps.find(({ map }) => map.name === mangled(name))
      return known === undefined ? false : vectors.flush(known)
    }
    case 'resize map':
      return withMap(daemon, name, (known) => resize(daemon, known))
    case 'disablequeueing map':
      return withMap(daemon, name, (known) => vectors.setQueueing(known, 'disabled'))
    case 'restorequeueing map':
      return withMap(daemon, name, (known) => vectors.setQueueing(known, 'as configured'))
    case 'disablequeueing maps':
    case 'restorequeueing maps':
      for (const known of vectors.maps) vectors.setQueueing(known, verb === 'disablequeueing' ? 'disabled' : 'as configured')
      return true
    case 'reconfigure':
    case 'reconfigure all':
      daemon.parts.base.after(0, () => daemon.reconfigure())
      return true
    default:
      return undefined
  }
}

/** Depends on udev: without a serial number in udev's database, there is nothing to add. */
function addPath(daemon: Multipathd, name: string): Said {
  const { vectors } = daemon
  const { blocks, scsi } = daemon.parts
  const block = blocks.named(name)
  const known = vectors.path(name)
  if (known?.map !== undefined) return true
  const wwid = block === undefined ? undefined : daemon.serial(block.device)
  const disk = block && scsi.diskBehind(block)
  if (block?.live !== true || disk === undefined || wwid === undefined) return false
  if (known === undefined && vectors.addPath(block, disk, wwid) === 'blacklisted') return 'blacklisted\n'
  return vectors.assemble(wwid, false)
}
/**
 * Creates the map regardless of find_multipaths. Searches for the map by its name: with friendly names, a map that was requested by its
 * wwid is created, and the answer is `fail` all the same.
 */
function addMap(daemon: Multipathd, name: string): Said {
  const { base, tools, mapper } = daemon.parts
  if (blacklisted(tools.config, name)) return 'blacklisted\n'
  const there = () => mapper.all().find((map) => map.name === mangled(name))
  if (there() === undefined) daemon.vectors.assemble(wwidOfName(base, tools.config, name), true)
  const map = there()
  if (map === undefined) return false
  daemon.vectors.takeOver(map)
  return true
}
/** Resizes the map to the size of its first path. The others must have that size too. */
function resize(daemon: Multipathd, known: KnownMap): boolean {
  const sectors = known.map.paths[0]?.block.sectors()
  if (sectors === undefined || known.waitsForUdev) return false
  return daemon.vectors.refresh(known, sectors)
}
function withMap(daemon: Multipathd, name: string, work: (known: KnownMap) => unknown): boolean {
  const known = daemon.vectors.map(name)
  return known !== undefined && work(known) !== false
}
function table<T>(entries: readonly T[], format: string, wildcards: Readonly<Record<string, (entry: T) => string>>): string | undefined {
  if ([...format.matchAll(/%(.)/g)].some(([, letter]) => wildcards[letter ?? ''] === undefined)) return undefined
  return entries.map((entry) => `${format.replaceAll(/%(.)/g, (_, letter: string) => wildcards[letter]?.(entry) ?? '')}\n`).join('')
}
/** `/dev/sda`, `/dev/mapper/mpatha` */
function deviceName(subject: string): string {
  return subject.replace(/^\/dev\/(mapper\/)?/, '')
}
