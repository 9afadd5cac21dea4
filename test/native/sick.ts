/**
 * Faulty devices, portals and daemons for tests (scripts/bench/sick/neighbours.py), and the real ports beside them, with their counters.
 */
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

import type { Kernel } from '../../lib/core/host.js'
import { HelperPool } from '../../lib/host/helper-pool.js'
import { HelperProcess } from '../../lib/host/helper-process.js'
import { createHelpers } from '../../lib/host/helpers.js'
import { createKernel } from '../../lib/host/kernel.js'
import { silentLog } from '../../lib/core/silent-log.js'
import { createPaths } from '../../lib/host/paths.js'
import { rootsBelow } from '../../lib/host/roots.js'
import { addon, folder, helper } from './addon.js'

const program = fileURLToPath(new URL('../../scripts/bench/sick/neighbours.py', import.meta.url))

export interface Neighbours {
  /** A mount below which every open blocks; `null` where mounting is not allowed. */
  readonly mount: string | null
  /** Portals that drop packets. */
  readonly ports: readonly number[]
  /** A daemon that never answers, and one that does. */
  readonly mute: string
  readonly answers: string
  /** Ends them all, and waits until the kernel has answered the calls that it still held. */
  readonly end: () => Promise<void>
}

export async function neighbours(portals: number): Promise<Neighbours> {
  const running = spawn('python3', [program, folder(), String(portals)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise<void>((resolve) => running.once('exit', () => resolve()))
  const end = async () => {
    running.stdin.end()
    await ended
  }
  onTestFinished(end)
  for await (const line of createInterface(running.stdout)) return { ...(JSON.parse(line) as Omit<Neighbours, 'end'>), end }
  throw new Error('no neighbours')
}

/** The real kernel port, and the number of its calls that waited for a free place. */
export function realPorts(): { kernel: Kernel; pool: HelperPool; waited: () => Record<string, number> } {
  const started: HelperProcess[] = []
  const pool = new HelperPool(() => {
    const process = new HelperProcess([helper])
    started.push(process)
    return process
  })
  onTestFinished(() => {
    for (const process of started) process.end()
  })
  const helpers = createHelpers(pool, silentLog, () => Promise.resolve(undefined))
  const kernel = createKernel({ addon: () => addon, helpers, paths: createPaths(rootsBelow('/')), netns: undefined })
  const waited = () => ({
    helpers: pool.stats().waited,
    ...Object.fromEntries(Object.entries(addon.stats().lanes).map(([lane, stats]) => [lane, stats.waited])),
  })
  return { kernel, pool, waited }
}

/** Devices as folders with an attribute `delete`, on which a write blocks for ever (`sick`), or does not. */
export function devices(kind: 'sick' | 'well', count: number): string[] {
  const parent = folder()
  return Array.from({ length: count }, (_, index) => {
    const directory = join(parent, `${kind}${index}`)
    mkdirSync(directory)
    const attribute = join(directory, 'delete')
    if (kind === 'well') writeFileSync(attribute, '')
    else if (spawnSync('mkfifo', [attribute]).status !== 0) throw new Error('mkfifo')
    return directory
  })
}

export async function openPort(): Promise<number> {
  const server = createServer((socket) => socket.destroy())
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}
