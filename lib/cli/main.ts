#!/usr/bin/env node
/** The command `brickwork`: the process around {@link run}. */
import { processIo } from './process-io.js'
import { run } from './run.js'

// process.exit() would cut off output that is still being written to a pipe.
process.exitCode = await run(process.argv.slice(2), processIo())
