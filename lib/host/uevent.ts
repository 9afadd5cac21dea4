/** Parses uevents from the addon: one byte (1 kernel, 2 udev), then NUL-separated `KEY=VALUE`. */
import type { Uevent } from '../core/host.js'
import { diskKeys } from '../core/uevents.js'

const sources: ReadonlyMap<number | undefined, Uevent['source']> = new Map([
  [1, 'kernel'],
  [2, 'udev'],
])

/** Returns `undefined` for a message that is not a uevent. Senders to these groups are trusted, but their messages may be malformed. */
export function parseUevent(message: Uint8Array): Uevent | undefined {
  const source = sources.get(message[0])
  if (source === undefined) return undefined
  const properties = new Map<string, string>()
  const text = Buffer.from(message.buffer, message.byteOffset + 1, message.byteLength - 1).toString('utf8')
  for (const entry of text.split('\0')) {
    const equals = entry.indexOf('=')
    if (equals > 0) properties.set(entry.slice(0, equals), entry.slice(equals + 1))
  }
  const action = properties.get('ACTION')
  const devpath = properties.get('DEVPATH')
  const seqnum = Number(properties.get('SEQNUM') ?? Number.NaN)
  if (action === undefined || devpath === undefined || !Number.isSafeInteger(seqnum)) return undefined
  return { source, action, devpath, subsystem: properties.get('SUBSYSTEM') ?? '', seqnum, properties }
}

/** The keys that a watch may wait for: each component of DEVPATH, the subsystem, the disk, the uuid of the map, any map. */
export function keysOf(event: Uevent): string[] {
  const keys = event.devpath.split('/').filter((name) => name !== '')
  const uuid = event.properties.get('DM_UUID')
  return [
    ...keys,
    ...diskKeys(event, keys),
    `subsystem:${event.subsystem}`,
    ...(uuid === undefined ? [] : [`uuid:${uuid}`]),
    ...(blockName(event)?.startsWith('dm-') === true ? ['dm-*'] : []),
  ]
}

/** The kernel's name of the block device (`sda`, `dm-0`) that the event is about. */
export function blockName({ subsystem, devpath }: Uevent): string | undefined {
  return subsystem === 'block' ? devpath.slice(devpath.lastIndexOf('/') + 1) : undefined
}
