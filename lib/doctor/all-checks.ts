/** The list of all checks, in the order of the report. */
import type { Connector } from '../operation/connector.js'
import type { HostCheck } from '../operation/host-check.js'
import { activityChecks } from './activity.js'
import { hostChecks } from './host.js'
import { knownWwidChecks } from './known-wwids.js'
import { lockChecks } from './locks.js'
import { lvmDeviceChecks } from './lvm-devices.js'
import { lvmChecks } from './lvm.js'
import { mapChecks } from './maps.js'
import { memoryChecks } from './memory.js'
import { moduleChecks } from './modules.js'
import { mountChecks } from './mounts.js'
import { multipathChecks } from './multipath.js'
import { orphanChecks } from './left-objects.js'
import { scsiChecks } from './scsi.js'
import { stateChecks } from './state.js'
import { toolChecks } from './tools.js'
import { udevChecks } from './udev.js'
import { versionChecks } from './versions.js'

/** What the doctor takes of a connector. */
export type CheckSource = Pick<Connector, 'hostChecks' | 'marked'>

const GROUPS = ['host', 'state', 'tools', 'modules', 'iscsi', 'nvme', 'multipath', 'scsi', 'udev', 'lvm']

/** The doctor's own checks and those of the connectors, by group. A group that only a connector has comes last. */
export function allChecks(connectors: Iterable<CheckSource>): readonly HostCheck[] {
  const sources = [...connectors]
  const ofConnectors = sources.flatMap(({ hostChecks: own }) => own ?? [])
  const all = [
    ...hostChecks,
    ...activityChecks,
    ...memoryChecks,
    ...mountChecks,
    ...stateChecks,
    ...lockChecks,
    ...orphanChecks(sources),
    ...toolChecks,
    ...versionChecks,
    ...moduleChecks,
    ...multipathChecks,
    ...knownWwidChecks,
    ...mapChecks,
    ...scsiChecks,
    ...udevChecks,
    ...lvmChecks,
    ...lvmDeviceChecks,
    ...ofConnectors,
  ]
  const groups = [...new Set([...GROUPS, ...all.map(({ group }) => group)])]
  return groups.flatMap((group) => all.filter((check) => check.group === group))
}
