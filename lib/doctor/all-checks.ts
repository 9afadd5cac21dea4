/** The list of all checks, in the order of the report. */
import type { Connector } from '../operation/connector.js'
import type { HostCheck } from '../operation/host-check.js'
import { activityChecks } from './activity.js'
import { hostChecks } from './host.js'
import { lvmChecks } from './lvm.js'
import { mapChecks } from './maps.js'
import { moduleChecks } from './modules.js'
import { multipathChecks } from './multipath.js'
import { scsiChecks } from './scsi.js'
import { stateChecks } from './state.js'
import { toolChecks } from './tools.js'
import { udevChecks } from './udev.js'

const GROUPS = ['host', 'state', 'tools', 'modules', 'iscsi', 'multipath', 'scsi', 'udev', 'lvm']

/** The doctor's own checks and those of the connectors, by group. A group that only a connector has comes last. */
export function allChecks(connectors: Iterable<Pick<Connector, 'hostChecks'>>): readonly HostCheck[] {
  const ofConnectors = [...connectors].flatMap((connector) => connector.hostChecks ?? [])
  const all = [
    ...hostChecks,
    ...activityChecks,
    ...stateChecks,
    ...toolChecks,
    ...moduleChecks,
    ...multipathChecks,
    ...mapChecks,
    ...scsiChecks,
    ...udevChecks,
    ...lvmChecks,
    ...ofConnectors,
  ]
  const groups = [...new Set([...GROUPS, ...all.map(({ group }) => group)])]
  return groups.flatMap((group) => all.filter((check) => check.group === group))
}
