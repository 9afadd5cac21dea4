import type { Attachment, BlockAttachment } from '../../index.js'
import { formatDuration } from '../duration.js'
import { columns, sheet } from './layout.js'
import { type Line, type Span, toned } from './toned.js'
import { holderLine } from './holder.js'
import { formatSize } from './size.js'

type Facts = readonly (readonly [Span, string | readonly string[] | undefined])[]

export const DEGRADED = toned('warning', 'degraded')

export function attachedLines(attachment: Attachment): Line[] {
  const { id, path, reused, degraded, timings } = attachment
  const paths = attachment.kind === 'block' ? attachment.paths.length : 1
  return sheet(`${id} ${reused ? 'was attached already,' : 'is attached'} as ${path}`, [
    ...factsOf(attachment),
    ['used by', attachment.kind === 'block' ? attachment.users?.map(holderLine) : undefined],
    [DEGRADED, degraded ? `uses ${paths} of the paths that the connection names` : undefined],
    [
      toned('warning', 'warning'),
      attachment.udevReady ? undefined : 'udev does not describe the device: lsblk and blkid may not show its contents',
    ],
    ['time', formatDuration(Math.max(0, ...timings.map(({ startMs, ms }) => startMs + ms)))],
  ])
}

/** `uses 2 of 3 paths`: `named` is how many the connection names. */
export function degradedLine(attachment: Attachment, named: number): string {
  return `uses ${attachment.kind === 'block' ? attachment.paths.length : 1} of ${named} paths`
}

export function factsOf(attachment: Attachment): Facts {
  if (attachment.kind === 'block') return deviceFacts(attachment)
  const { stableLink, readOnly } = attachment
  return [
    ['link', stableLink ?? undefined],
    ['access', readOnly ? 'read-only' : 'read-write'],
  ]
}
function deviceFacts({ stableLink, sizeBytes, logicalBlockSize, readOnly, wwid, serial, multipath, paths }: BlockAttachment): Facts {
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
function pathRow({ device, hctl, label, iscsi, state }: BlockAttachment['paths'][number]): string[] {
  return [
    device,
    state,
    ...(hctl === undefined ? [] : [hctl]),
    ...(label === device ? [] : [label]),
    iscsi === undefined ? '' : `session ${iscsi.session}`,
  ]
}
