import type { AttachmentSummary, BlockTopology } from '../../index.js'
import type { Given, Task } from '../command.js'
import type { ListedAttachment, ListedPath } from '../documents.js'
import { tonedColumns } from '../text/layout.js'
import { indented, type Line, toned } from '../text/toned.js'

export function prepareList({ options: { json } }: Given): Promise<Task> {
  return Promise.resolve(async (session) => {
    const attacher = await session.attacher()
    const attachments = (await attacher.list(session.call)).toSorted((a, b) => (a.id < b.id ? -1 : 1))
    // The paths of a map need a second query.
    const topology = attachments.some(mayBeMap) ? await attacher.enumerate(session.call) : undefined
    const listed = attachments.map((each) => ({ ...each, paths: topology === undefined ? [] : pathsOf(each, topology) }))
    return { document: { attachments: listed }, lines: json ? [] : linesOf(listed) }
  })
}

const HEADINGS = ['ID', 'STATE', 'DEVICE', 'PRESENT', 'PROTOCOL', 'WWID']
/** The kernel's state of a session that is up (drivers/scsi/scsi_transport_iscsi.c, iscsi_session_state_names). */
const LOGGED_IN = 'LOGGED_IN'

function linesOf(attachments: readonly ListedAttachment[]): Line[] {
  if (attachments.length === 0) return ['Nothing is attached.']
  const rows = attachments.map(({ id, state, device, protocol, wwid, present }) => [
    id,
    toned(state === 'attached' ? 'good' : 'warning', state),
    device ?? '-',
    present ? 'yes' : toned('bad', 'no'),
    protocol,
    wwid ?? '-',
  ])
  const [head = '', ...table] = tonedColumns([HEADINGS.map((heading) => toned('heading', heading)), ...rows])
  return [head, ...attachments.flatMap(({ paths }, index) => [table[index] ?? '', ...pathLines(paths)])]
}
function pathLines(paths: readonly ListedPath[]): Line[] {
  const stateOf = ({ session = '-' }: ListedPath) => (session === '-' ? session : toned(session === LOGGED_IN ? 'good' : 'bad', session))
  return tonedColumns(paths.map((path) => [path.device, path.portal ?? '-', stateOf(path)])).map((line) => indented('  ', line))
}

function mayBeMap({ device, present }: AttachmentSummary): boolean {
  return present && device?.startsWith('/dev/dm-') === true
}
/** The paths of a multipath map; none for other devices. */
function pathsOf(attachment: AttachmentSummary, { devices, sessions }: BlockTopology): ListedPath[] {
  const map = mayBeMap(attachment) ? devices.find(({ device }) => device === attachment.device) : undefined
  if (map?.dmUuid?.startsWith('mpath-') !== true) return []
  return map.slaves.map((name) => {
    const session = sessions.find((each) => each.session === devices.find((device) => device.name === name)?.session)
    const state = map.paths.find((path) => path.name === name)?.state
    return {
      device: `/dev/${name}`,
      ...(state === undefined ? {} : { state }),
      ...(session === undefined ? {} : { portal: session.portal, session: session.state }),
    }
  })
}
