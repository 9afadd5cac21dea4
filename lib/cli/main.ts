#!/usr/bin/env node
/** The command `brickwork`: the process around {@link run}. */
import { createAttacher } from '../index.js'
import { processIo } from './process-io.js'
import { run } from './run.js'

const { io, outputFailed } = processIo()
// Waiting for the kernel's events keeps no process alive: a timer that never comes due does.
const alive = setInterval(() => undefined, 2 ** 31 - 1)
const code = await run(process.argv.slice(2), io, createAttacher)
clearInterval(alive)
// Not process.exit(): what was written to a pipe would be cut off.
process.exitCode = outputFailed() ? 1 : code
