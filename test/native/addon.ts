/** The built addon itself, without lib/host around it, and helpers for its tests: a folder, slow calls, child processes. */
import { spawn, spawnSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

import type { EncodedPlan } from '../../lib/host/encoded.js'
import type { Addon } from '../../lib/host/native.js'

export const binary = fileURLToPath(new URL('../../build/Release/brickwork.node', import.meta.url))
export const helper = fileURLToPath(new URL('../../build/Release/brickwork-helper', import.meta.url))
export const addon = createRequire(import.meta.url)(binary) as Addon
export const nothing: EncodedPlan = { attributes: [], links: [], children: [] }

export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'brickwork-native-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/**
 * Calls that wait in the kernel until {@link release}: opening a FIFO waits for a process at its other end. `in` is for reads and `out` for
 * writes, because a read and a write would release each other.
 */
export class Fifo {
  readonly directory = folder()
  #other: number[] = []

  constructor() {
    if (spawnSync('mkfifo', [join(this.directory, 'in'), join(this.directory, 'out')]).status !== 0) throw new Error('mkfifo')
    onTestFinished(() => {
      if (this.#other.length === 0) this.release()
      this.close()
    })
  }
  read(): Promise<Uint8Array> {
    return addon.readTree(this.directory, { ...nothing, attributes: ['in'] })
  }
  write(key: string): Promise<unknown> {
    return addon.guardedWrite(key, this.directory, [], 'out', Buffer.from('x'))
  }
  /** Opens the other ends until {@link close}: opens and writes return; reads end at the close. */
  release(): void {
    this.#other = ['in', 'out'].map((name) => openSync(join(this.directory, name), constants.O_RDWR | constants.O_NONBLOCK))
  }
  close(): void {
    for (const fd of this.#other.splice(0)) closeSync(fd)
  }
}

/** Waits for a condition that must soon be true. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  for (let waited = 0; !condition(); waited += 5) {
    if (waited > 10_000) throw new Error(`not within 10 s: ${what}`)
    await sleep(5)
  }
}

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly ms: number
}

/** A Node.js process that runs `code`, in which `addon` is the addon. `ready` resolves with each line that it prints. */
export function node(
  code: string,
  ...args: string[]
): { pid: number; line: () => Promise<string>; kill: () => void; ended: Promise<Ended> } {
  const started = performance.now()
  const prelude = `const addon = require(${JSON.stringify(binary)}); const nothing = { attributes: [], links: [], children: [] };`
  return child([process.execPath, '-e', prelude + code, '--', ...args], started)
}

export function child(argv: readonly [string, ...string[]], started = performance.now()): ReturnType<typeof node> {
  const [program, ...args] = argv
  const running = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let out = ''
  let taken = 0
  const wake = new EventTarget()
  const hear = (chunk: Buffer) => {
    out += chunk.toString()
    wake.dispatchEvent(new Event('data'))
  }
  running.stdout.on('data', hear)
  running.stderr.on('data', hear)
  onTestFinished(() => void running.kill('SIGKILL'))
  const ended = new Promise<Ended>((resolve) => {
    running.on('close', (status, signal) => resolve({ status, signal, out, ms: performance.now() - started }))
  })
  const line = async (): Promise<string> => {
    for (;;) {
      const end = out.indexOf('\n', taken)
      if (end >= 0) {
        const found = out.slice(taken, end)
        taken = end + 1
        return found
      }
      const closed = await Promise.race([
        ended.then(() => true),
        new Promise<boolean>((resolve) => wake.addEventListener('data', () => resolve(false), { once: true })),
      ])
      if (closed && !out.includes('\n', taken)) throw new Error(`ended without a line: ${out}`)
    }
  }
  return { pid: running.pid ?? 0, line, kill: () => void running.kill('SIGKILL'), ended }
}
