#!/usr/bin/env node
/** The command `brickwork`: the process around {@link run}. */
import { processIo } from './process-io.js'
import { run } from './run.js'

// A wait for kernel events keeps no process alive. This timer does, and never fires.
const alive = setInterval(() => undefined, 2 ** 31 - 1)
// process.exit() would cut off output that is still being written to a pipe.
process.exitCode = await run(process.argv.slice(2), processIo())
clearInterval(alive)
