import { setTimeout } from 'node:timers/promises'
import { type Attacher, type AttacherOptions, type AttachRequest, createAttacher, isBrickworkError } from '../../../../lib/index.js'

/** Attaches the volumes, and reports their health until the signal aborts. The volumes stay attached. */
export async function runAgent(wanted: readonly AttachRequest[], signal: AbortSignal, options: AttacherOptions = {}): Promise<void> {
  const attacher = await createAttacher({ owner: 'my-agent', stateDir: '/var/lib/my-agent', ...options })
  try {
    const { actions } = await attacher.recover({ signal })
    for (const { id, what, action, reason } of actions) console.log(`${id ?? what}: ${action}, ${reason}`)
    await Promise.all(wanted.map((request) => attachOrReport(attacher, request, signal)))
    for await (const { id, health, active, named } of attacher.watch({ signal })) {
      console.log(`${id}: ${health}, ${active} of ${named} paths`)
    }
  } finally {
    await attacher.close()
  }
}

async function attachOrReport(attacher: Attacher, request: AttachRequest, signal: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const { id, path, reused } = await attacher.attach(request, { signal, timeoutMs: 60_000 })
      console.log(`${id}: ${reused ? 'is still' : 'is now'} attached as ${path}`)
      return
    } catch (error) {
      if (signal.aborted || !isBrickworkError(error)) throw error
      console.error(`${request.id}: ${error.code}: ${error.message} (host: ${error.sideEffects})`)
      if (!error.retryable || attempt === 5) return
      await setTimeout(attempt * 2000, undefined, { signal })
    }
  }
}
