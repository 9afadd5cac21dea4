/**
 * An agent with 64 calls stuck on one device, for the scenario `stuck-device`, in its own process so that it can be killed. Arguments: the
 * stuck device, a device that answers, a lock directory. It prints lines of JSON; a line on its standard input ends it normally.
 */
import { setMaxListeners } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { createHost } from '../../../lib/index.js'

const CALLS = 64
const [stuck = '', answering = '', locks = ''] = process.argv.slice(2)
const host = createHost()
const { signal } = new AbortController()
setMaxListeners(0, signal)
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`)

const childrenOf = (pid: number) => {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^[0-9]+$/.test(name) && readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
    } catch {
      return false // it ended between the two reads
    }
  })
}
const bounds = () => ({ threads: readdirSync('/proc/self/task').length, processes: childrenOf(process.pid).length })

/** Time of one direct read and one read from sysfs, in milliseconds. */
async function oneRound(): Promise<number> {
  const from = performance.now()
  await host.kernel.readDirect(answering, 0, 4096, signal)
  await host.kernel.readTree(
    { root: '/sys/class/block', node: { children: [{ pattern: '*', follow: true, node: { attributes: ['size'] } }] } },
    signal,
  )
  return performance.now() - from
}
async function rounds(count: number): Promise<number> {
  const times: number[] = []
  for (let round = 0; round < count; round++) times.push(await oneRound())
  return times.sort((a, b) => a - b)[Math.floor(count / 2)] ?? 0
}

await host.locks.take(locks, 'stuck-agent', signal)
createServer().listen(`\0brickwork-stuck-agent`)
await oneRound()
const before = { ...bounds(), medianMs: await rounds(9) }
const calls = Array.from({ length: CALLS }, (_, index) =>
  index % 2 === 0 ? host.kernel.readDirect(stuck, 0, 4096, signal) : host.kernel.flush(stuck, signal),
)
let back = 0
for (const call of calls) void call.then(() => (back += 1))
const during = { medianMs: await rounds(9), ...bounds() }
say({ calls: CALLS, before, during, back })

for await (const line of createInterface({ input: process.stdin })) {
  if (line !== 'end') continue
  await Promise.all(calls)
  say({ back })
  process.exit(0)
}
