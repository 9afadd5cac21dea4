/** Facts that checks of several groups need. Each is read once for a run of the doctor. */
import type { BlockTopology } from '../api/topology.js'
import { type Process, readProcesses } from '../linux/processes.js'
import { readTopology } from '../linux/topology/read.js'
import type { Fact } from './host-check.js'

export const allProcesses: Fact<readonly Process[]> = ({ host, signal }) => readProcesses(host, signal)

/** Without the attachments, which the checks find in claims and journal. */
export const hostTopology: Fact<BlockTopology> = ({ host, signal }) =>
  readTopology(host, { ofDevice: () => [], ofObject: () => [] }, signal)
