import { describeClock } from './clock.js'
import { describeCommands } from './commands.js'
import { describeDevices } from './devices.js'
import { describeFiles } from './files.js'
import { describeJobs } from './jobs.js'
import { describeKernel } from './kernel.js'
import { describeLocks } from './locks.js'
import { describeConnect, describeFabrics } from './network.js'
import { describeRecords } from './records.js'
import type { MakeSubject } from './subject.js'

/** Requirements on every host. */
export function describeHost(name: string, make: MakeSubject): void {
  for (const suite of [
    describeFiles,
    describeCommands,
    describeLocks,
    describeClock,
    describeKernel,
    describeJobs,
    describeConnect,
    describeFabrics,
    describeRecords,
    describeDevices,
  ]) {
    suite(name, make)
  }
}
