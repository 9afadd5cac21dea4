/** Fixes what is left to chance. Printed at the beginning of each run; `BRICKWORK_SEED` repeats one. */
import { randomInt } from 'node:crypto'

export const seed: number = Number(process.env['BRICKWORK_SEED'] ?? randomInt(2 ** 31))
