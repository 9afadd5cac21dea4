/** An iSCSI target of this project, whose logical units give answers that no honest array gives. Only in the lab. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Shape, TargetShape } from './shape.js'

export { designator, naa, page, type Shape, type TargetShape } from './shape.js'

const PROGRAM = fileURLToPath(new URL('./main.js', import.meta.url))

export interface HostileTarget extends AsyncDisposable {
  /** From now on the unit has this shape, for all sessions. No initiator is notified. */
  become(lun: number, shape: Shape): void
}
/** Serves until disposed, and then closes all its connections. The portal's address must exist. */
export async function startHostileTarget(target: TargetShape): Promise<HostileTarget> {
  const child = spawn(process.execPath, [PROGRAM, JSON.stringify(target)], { stdio: ['pipe', 'pipe', 'inherit'] })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(() => Promise.reject(new Error(`no target at ${target.portal}`))),
  ])
  return {
    become: (lun, shape) => void child.stdin.write(`${JSON.stringify({ [lun]: shape })}\n`),
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  }
}
