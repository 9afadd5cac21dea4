#!/usr/bin/env node
/** The command `brickwork`: the process around {@link run}. */
import { createAttacher } from '../index.js'
import { processIo } from './process-io.js'
import { run } from './run.js'

const { io, outputFailed } = processIo()
// A wait for kernel events keeps no process alive. This timer does, and never fires.
const alive = setInterval(() => undefined, 2 ** 31 - 1)
const code = await run(process.argv.slice(2), io, createAttacher)
clearInterval(alive)
// process.exit() would cut off output that is still being written to a pipe.
process.exitCode = outputFailed() ? 1 : code
