/**
 * An agent: the library on the real host in a process of its own, which can be killed. The first line on its standard input says with what
 * options it opens its attacher (until then it is only loaded); what follows are calls, as real/wire.ts has them. It says each step as it
 * begins.
 */
import { createAttacher, createHost } from '../../../lib/index.js'
import type { AgentOptions } from './caller.js'
import { serve } from './serve.js'

const host = createHost()
const { signal } = new AbortController()

async function firstLine(): Promise<string> {
  process.stdin.setEncoding('utf8')
  for (let text = ''; ; ) {
    const chunk = process.stdin.read() as string | null
    if (chunk === null) await new Promise((resolve) => process.stdin.once('readable', resolve))
    else text += chunk
    const end = text.indexOf('\n')
    if (end < 0) continue
    process.stdin.unshift(text.slice(end + 1))
    return text.slice(0, end)
  }
}

const options = JSON.parse(await firstLine()) as AgentOptions
await serve(await createAttacher({ ...options, host }), {
  /** The first bytes of a device, by O_DIRECT. */
  read: async (device: string, length: number) => Buffer.from(await host.kernel.readDirect(device, 0, length, signal)).toString('latin1'),
})
