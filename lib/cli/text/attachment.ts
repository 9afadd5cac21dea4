import type { Attachment } from '../../index.js'
import { formatDuration } from '../duration.js'
import { columns, sheet } from './layout.js'
import { formatSize } from './size.js'

type Facts = readonly (readonly [string, string | readonly string[] | undefined])[]

export function attachedLines(attachment: Attachment): string[] {
  const { id, device, reused, degraded, timings, paths } = attachment
  return sheet(`${id} ${reused ? 'was attached already,' : 'is attached'} as ${device}`, [
    ...deviceFacts(attachment),
    ['degraded', degraded ? `uses ${paths.length} of the paths that the connection names` : undefined],
    ['warning', attachment.udevReady ? undefined : 'udev does not describe the device: lsblk and blkid may not see what is on it'],
    ['time', formatDuration(Math.max(0, ...timings.map(({ startMs, ms }) => startMs + ms)))],
  ])
}

export function deviceFacts({ stableLink, sizeBytes, logicalBlockSize, readOnly, wwid, serial, multipath, paths }: Attachment): Facts {
  return [
    ['link', stableLink ?? undefined],
    ['size', `${formatSize(sizeBytes)} (${sizeBytes} bytes, blocks of ${logicalBlockSize})`],
    ['access', readOnly ? 'read-only' : 'read-write'],
    ['wwid', wwid],
    ['serial', serial],
    ['map', multipath === null ? undefined : `${multipath.name} (${multipath.uuid})`],
    ['paths', columns(paths.map(pathRow))],
  ]
}
function pathRow({ device, hctl, portal, session, state }: Attachment['paths'][number]): string[] {
  return [
    device,
    state,
    ...(hctl === undefined ? [] : [hctl]),
    ...(portal === undefined ? [] : [portal]),
    session === undefined ? '' : `session ${session}`,
  ]
}
