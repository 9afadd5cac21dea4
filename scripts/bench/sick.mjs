// npm run bench:sick: how long operations on healthy devices take beside 64 devices that don't answer, 32 portals that drop packets and a
// mute daemon, compared with the same operations alone. It uses the real ports and the setup of scripts/bench/sick/neighbours.py. The
// result is the ratio of the medians of alternating rounds; the exit code is 1 when it is above 1.5 (docs/evidence/bench/sick.md).
import { execFileSync, spawn } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { builtLibrary } from '../built.mjs'

const ROUNDS = 5
const SICK = 64
const WELL = 32
const MOST = 1.5
/** Helper processes have started, or have ended, after this time. */
const STARTED_MS = 2_000
const forever = new AbortController().signal
setMaxListeners(0, forever)

const { createHost } = /** @type {typeof import('../../lib/index.js')} */ (await builtLibrary('index.js'))
const folder = mkdtempSync(join(tmpdir(), 'brickwork-sick-'))
const { kernel } = createHost()

/** @param {string} directory @param {'bounded' | 'unbounded'} waits */
const write = (directory, waits) => ({ directory, guards: [], attribute: 'delete', value: '1', waits })

/** Folders with an attribute on which a write blocks (`sick`) or doesn't (`well`). @param {'sick' | 'well'} kind @param {number} count */
function devices(kind, count) {
  return Array.from({ length: count }, (_, index) => {
    const directory = join(folder, `${kind}${index}`)
    mkdirSync(directory)
    const attribute = join(directory, 'delete')
    if (kind === 'sick') execFileSync('mkfifo', [attribute])
    else writeFileSync(attribute, '')
    return directory
  })
}

/** @param {number} portals @returns {Promise<{ mount: string | null, ports: number[], mute: string, answers: string, end: () => Promise<void> }>} */
async function neighbours(portals) {
  const mount = mkdtempSync(join(folder, 'mount'))
  const program = fileURLToPath(new URL('sick/neighbours.py', import.meta.url))
  const running = spawn('python3', [program, mount, String(portals)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = new Promise((resolve) => running.once('exit', () => resolve(undefined)))
  const end = async () => {
    running.stdin.end()
    await ended
  }
  for await (const line of createInterface(running.stdout))
    return { .../** @type {{ mount: string | null, ports: number[], mute: string, answers: string }} */ (JSON.parse(line)), end }
  throw new Error('no neighbours')
}

/** The calls of one attach and detach of a volume over one path. @param {string} directory @param {number} port @param {string} daemon */
async function volume(directory, port, daemon) {
  const node = join(directory, 'delete')
  await kernel.connect('127.0.0.1', port, forever)
  await kernel.exchange({ socket: daemon, bytes: Buffer.from('x'), reply: 'eof' }, forever)
  await kernel.readTree({ root: directory, node: { attributes: ['delete'] } }, forever)
  await kernel.write(write(directory, 'bounded'), forever)
  const hold = await kernel.hold(node, forever)
  await kernel.flush(node, forever).catch(() => undefined) // a plain file has no device cache; an error is an answer too
  await kernel.write(write(directory, 'unbounded'), forever)
  if (typeof hold === 'object') await hold.release()
}

/** @param {string[]} well @param {number} port @param {string} daemon */
async function round(well, port, daemon) {
  const started = performance.now()
  await Promise.all(well.map((directory) => volume(directory, port, daemon)))
  return performance.now() - started
}

/**
 * Starts the sick calls. The function that it returns cancels them and waits until the kernel has answered them all.
 * @param {string[]} sick
 */
async function trouble(sick) {
  const { mount, ports, mute, end } = await neighbours(WELL)
  const enough = new AbortController()
  setMaxListeners(0, enough.signal)
  const { signal } = enough
  const calls = [
    ...ports.map((port) => kernel.connect('127.0.0.1', port, signal)),
    ...sick.flatMap((directory, index) => [
      kernel.write(write(directory, 'unbounded'), signal),
      kernel.write(write(directory, 'bounded'), signal),
      ...(mount === null ? [] : [kernel.flush(join(mount, `sick${index}`), signal)]),
      kernel.exchange({ socket: mute, bytes: Buffer.from('x'), reply: 'framed' }, signal),
    ]),
  ]
  const settled = Promise.allSettled(calls)
  await pause(STARTED_MS)
  return async () => {
    enough.abort('enough')
    await settled
    await end()
    const others = sick.map((directory) => openSync(join(directory, 'delete'), constants.O_RDWR | constants.O_NONBLOCK))
    await pause(STARTED_MS)
    for (const fd of others) closeSync(fd)
  }
}
const pause = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN

async function main() {
  const lasting = await neighbours(0)
  const server = createServer((socket) => socket.destroy())
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const [sick, well] = [devices('sick', SICK), devices('well', WELL)]
  await round(well, port, lasting.answers) // starts the helper processes and threads
  /** @type {number[]} */
  const alone = []
  /** @type {number[]} */
  const together = []
  for (let turn = 0; turn < ROUNDS; turn++) {
    alone.push(await round(well, port, lasting.answers))
    const stop = await trouble(sick)
    together.push(await round(well, port, lasting.answers))
    await stop()
  }
  await lasting.end()
  server.close()
  const ratio = median(together) / median(alone)
  const row = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(0)).join(', ')
  console.log(`alone:   ${row(alone)} ms\nbeside:  ${row(together)} ms`)
  if (lasting.mount === null) console.log('no file system may be mounted here: sick devices are attributes only')
  console.log(`ratio of the medians: ${ratio.toFixed(2)} (at most ${MOST})`)
  process.exitCode = ratio <= MOST ? 0 : 1
}

try {
  await main()
} finally {
  rmSync(folder, { recursive: true, force: true })
}
