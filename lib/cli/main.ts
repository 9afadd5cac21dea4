#!/usr/bin/env node
/** The command `brickwork`: the process around {@link run}. */
import { createAttacher } from '../index.js'
import { processIo } from './process-io.js'
import { run } from './run.js'

const { io, outputFailed } = processIo()
const code = await run(process.argv.slice(2), io, createAttacher)
// Not process.exit(): what was written to a pipe would be cut off.
process.exitCode = outputFailed() ? 1 : code
