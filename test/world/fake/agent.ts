/** An agent over FakeHost: a process of the fake machine that can be killed. */
import { createAttacher } from '../../../lib/index.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import type { AgentProcess } from '../world.js'

export async function fakeAgent(
  host: FakeHost,
  options: { readonly owner: string; readonly stateDir: string; readonly runDir: string },
): Promise<AgentProcess> {
  const attacher = await createAttacher({ host, ...options })
  let end: () => void = () => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const kill = () => {
    if (host.alive) host.crash()
    end()
  }
  return {
    attacher,
    pid: host.pid,
    ended,
    read: (device, length) => host.kernel.readDirect(device, 0, length, new AbortController().signal),
    kill: () => {
      kill()
      return Promise.resolve()
    },
    dieAt: (step, nth) => {
      let left = nth
      const events = attacher.events()
      void (async () => {
        for await (const event of events) if (event.type === 'step:start' && event.step === step && --left === 0) kill()
      })()
    },
  }
}
