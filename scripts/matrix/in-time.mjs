// Runs a program of a cell. A cell that hangs must not hold up the others.
import { run } from '../lab/run.mjs'

/** An emulated Node.js on a busy machine needs a third of it. */
const LIMIT_S = 600

/** @type {typeof run} */
export const inTime = (command, args, options) => run(command, args, { limitS: LIMIT_S, ...options })
