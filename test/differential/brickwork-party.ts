/** Brickwork behind os-brick's calls, like an adapter for Cinder's callers. */
import { type Attacher, fromCinder, isBrickworkError, type Policy, toCinderDeviceInfo } from '../../lib/index.js'
import type { World } from '../world/world.js'
import type { Answer, ConnectionData, Party } from './party.js'

/** An emulated guest is five to ten times as slow as a real machine. */
const GRACE_MS = 6000
/** About the time that os-brick takes for one scan attempt. */
const LUN_WAIT_MS = 5000
/** How long the kernel holds the I/O of a session that has lost its connection, in seconds. */
const RECOVERY_SEC = '10'
const SESSIONS = '/sys/class/iscsi_session'

export async function brickworkParty(world: World): Promise<Party> {
  const attacher: Attacher = await world.attacher()
  const connectionOf = (data: ConnectionData) => fromCinder({ driver_volume_type: 'iscsi', data })
  return {
    name: 'Brickwork',
    connect: (data, { multipath }) =>
      answer(async () => {
        const policy = { multipath: multipathOf(multipath, data), paths: { graceMs: GRACE_MS }, lun: { waitMs: LUN_WAIT_MS } }
        const attachment = await attacher.attach({ id: String(data['volume_id']), connection: connectionOf(data), policy })
        // The value that os-brick's records have here. For the paths of a map multipathd sets it.
        if (attachment.multipath === null)
          for (const { iscsi } of attachment.paths) await world.writeText(`${SESSIONS}/session${iscsi?.session}/recovery_tmo`, RECOVERY_SEC)
        return { scsi_wwn: '', ...toCinderDeviceInfo(attachment) }
      }),
    disconnect: async (data, _deviceInfo, { force, ignoreErrors }) => {
      const answered = await answer(() => attacher.detach({ connection: connectionOf(data) }, { force }))
      if ('value' in answered) return { value: null }
      // A device in use has not been detached. A caller that believed so would delete the volume.
      return force && ignoreErrors && answered.failed !== 'ERR_HELD' ? { value: null } : answered
    },
    extend: (data) => answer(async () => (await attacher.resize({ connection: connectionOf(data) })).sizeBytes),
    close: () => attacher.close(),
  }
}

function multipathOf(wanted: boolean, data: ConnectionData): Policy['multipath'] {
  if (!wanted) return 'never'
  return data['enforce_multipath'] === true ? 'require' : 'prefer'
}
async function answer<T>(call: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { value: await call() }
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return { failed: error.code, message: error.message }
  }
}
