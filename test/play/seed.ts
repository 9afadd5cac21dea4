/** Fixes random choices. Printed at the beginning of each run; `BRICKWORK_SEED` repeats a run. */
import { randomInt } from 'node:crypto'

export const seed: number = Number(process.env['BRICKWORK_SEED'] ?? randomInt(2 ** 31))
