/**
 * An agent: the library on the real host, in its own process that can be killed. The first line on its standard input has the options with
 * which it opens its attacher; until then the library is only loaded. The lines after it are calls, in the form of real/wire.ts. The agent
 * prints each step when it begins.
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
