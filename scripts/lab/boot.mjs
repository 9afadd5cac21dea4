// Boots a guest, runs one command in it, and returns how that ended. Nothing that happens in the guest outlives it, except what it writes
// to /out, to writable shares, and to the optional disk.
import { randomUUID } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CLOCK_LINE, clockProgram, clockTestIn, clockWords } from './clock/test.mjs'
import { ensureKernel } from './kernel.mjs'
import { ensureRoot } from './root.mjs'
import { accelerator, findQemu, guestArguments, spawnQemu } from './qemu.mjs'
import { LabError, quote } from './run.mjs'

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url)).replace(/\/$/, '')
/** The line that init.sh prints on the console before it runs the command. */
const BEGINS = 'lab: command begins'

/**
 * @typedef {object} BootOptions
 * @property {string} [distribution] the guest's Debian, by code name; bookworm
 * @property {'os-brick' | undefined} [peer] another program that the guest's root also has
 * @property {string[]} command the program and its arguments, run in /brickwork, the checkout (read-only)
 * @property {Record<string, string>} [env] its environment, besides PATH, HOME and LANG
 * @property {(line: string) => void} [onLine] each line the command writes, at once
 * @property {number} [timeoutMs] for all of it, starting the guest included; 10 minutes; 0 for no end
 * @property {number} [memoryMb] 4096; the machine provides it only as the guest uses it
 * @property {import('./qemu.mjs').Share[]} [shares] more folders of the machine
 * @property {string | undefined} [out] the folder that the guest sees as /out; a new temporary one
 * @property {{ sizeMb: number, mountPoint?: string } | { path: string, mountPoint?: string } | undefined} [disk]
 *   an ext4 disk mounted at /disk: a new one, or the one of an earlier boot
 * @property {string | undefined} [keepConsole] a file to keep the console's text in
 * @property {boolean} [interactive] the command gets the caller's terminal
 * @property {'script' | 'systemd'} [init] what runs as process 1
 * @property {'instructions' | undefined} [clock] a processor whose clock counts instructions, tested before the command (README.md)
 * @property {string} [kernelWords] more words for the kernel's command line
 */
/**
 * @typedef {object} BootResult
 * @property {number} exitCode the command's; 124 after a timeout, 125 when the guest ended before its command, 126 when its clock is wrong
 * @property {'exited' | 'timed-out' | 'guest-died'} outcome
 * @property {string} message in one line (more with the console's tail when the guest didn't finish)
 * @property {string} console what the kernel and the init said
 * @property {number} attempts guests started until one reached the command; more than 1 only after a crash of the emulation
 * @property {number} wallMs
 * @property {import('./clock/test.mjs').ClockTest | undefined} [clock] the test of the instruction clock
 * @property {string | undefined} [out] the folder that was /out; if it was made here, an empty one is removed, and the caller removes any other
 * @property {string | undefined} [disk] the disk's file, for `disk: { path }`; the caller removes it
 */

/** @param {BootOptions} options @returns {Promise<BootResult>} */
export async function boot(options) {
  findQemu()
  const distribution = options.distribution ?? 'bookworm'
  const root = await ensureRoot(distribution, options.peer)
  const kernel = await ensureKernel(distribution)
  const processor = options.clock ?? (await accelerator(kernel))
  const clockTest = options.clock && (await clockProgram())

  const started = Date.now()
  const tidy = () => {
    rmSync(folder, { recursive: true, force: true })
    if (!options.out && existsSync(out) && readdirSync(out).length === 0) rmdirSync(out)
  }
  const folder = mkdtempSync(join(tmpdir(), 'brickwork-guest-'))
  const token = `@@lab-end-${randomUUID()}`
  const job = writeJob(folder, token, options, clockTest)
  const out = options.out ?? mkdtempSync(join(tmpdir(), 'brickwork-out-'))
  const disk = prepareDisk(options.disk)
  const consoleFile = options.keepConsole ?? join(folder, 'console')
  try {
    const args = guestArguments({
      kernel,
      processor,
      memoryMb: options.memoryMb ?? 4096,
      console: consoleFile,
      port: join(folder, 'port'),
      disk,
      interactive: options.interactive,
      words: options.kernelWords,
      shares: [
        { tag: 'root', path: root, mountPoint: '/' },
        { tag: 'modules', path: kernel.modules, mountPoint: '/lib/modules' },
        { tag: 'brickwork', path: CHECKOUT, mountPoint: '/brickwork' },
        { tag: 'job', path: job, mountPoint: '/run/lab' },
        { tag: 'out', path: out, mountPoint: '/out', writable: true },
        ...(options.shares ?? []),
      ],
    })
    const readConsole = () => (existsSync(consoleFile) ? readFileSync(consoleFile, 'utf8').replaceAll('\r', '') : '')
    let end = await runGuest(args, folder, token, options, tidy)
    let attempts = 1
    // QEMU before 8.1 sometimes crashes a kernel that patches its own code, mostly during boot, when it emulates several processors. QEMU's
    // commit deba78709a fixes this. Until the command has begun, a restart loses nothing.
    while (end.outcome === 'guest-died' && /Kernel panic|Oops:/.test(readConsole()) && !readConsole().includes(BEGINS) && attempts < 3) {
      attempts++
      end = await runGuest(args, folder, token, options, tidy)
    }
    const text = readConsole()
    const tail = text.trimEnd().split('\n').slice(-25).join('\n')
    const words =
      end.outcome === 'exited' ? end.message || `exit code ${end.exitCode}` : `${end.message}; the console's last lines:\n${tail}`
    const empty = !options.out && readdirSync(out).length === 0
    return { ...end, message: words, console: text, attempts, wallMs: Date.now() - started, out: empty ? undefined : out, disk }
  } finally {
    tidy()
  }
}

/**
 * Writes the files that the guest's init reads; see init.sh.
 * @param {string} folder @param {string} token @param {BootOptions} options @param {string | undefined} clockTest
 */
function writeJob(folder, token, options, clockTest) {
  const job = join(folder, 'job')
  mkdirSync(job)
  const fresh = options.disk && 'sizeMb' in options.disk
  const settings = {
    TOKEN: token,
    INIT: options.init ?? 'script',
    INTERACTIVE: options.interactive ? '1' : '',
    DISK: options.disk ? (options.disk.mountPoint ?? '/disk') : '',
    DISK_FORMAT: fresh ? '1' : '',
    CLOCK: clockTest ? CLOCK_LINE : '',
  }
  if (clockTest) copyFileSync(clockTest, join(job, 'clock'))
  /** @param {[string, string]} entry */
  const assign = ([key, value]) => `${key}=${quote(value)}\n`
  writeFileSync(join(job, 'settings'), Object.entries(settings).map(assign).join(''))
  const shares = (options.shares ?? []).map(({ tag, mountPoint, writable }) => `${tag} ${mountPoint} ${writable ? 'rw' : 'ro'}\n`)
  writeFileSync(join(job, 'shares'), shares.join(''))
  const env = Object.entries(options.env ?? {}).map((entry) => `export ${assign(entry)}`)
  writeFileSync(join(job, 'command'), `${env.join('')}cd /brickwork\nexec ${options.command.map(quote).join(' ')}\n`)
  return job
}

/** @param {BootOptions['disk']} disk @returns {string | undefined} its file */
function prepareDisk(disk) {
  if (!disk) return undefined
  if ('path' in disk) return disk.path
  const file = join(mkdtempSync(join(tmpdir(), 'brickwork-disk-')), 'disk.img')
  writeFileSync(file, '')
  truncateSync(file, disk.sizeMb * 1024 * 1024) // sparse: it occupies only what the guest writes
  return file
}

/**
 * Runs QEMU until the command has ended, the guest has died, or the time is up.
 * @param {string[]} args @param {string} folder @param {string} token @param {BootOptions} options @param {() => void} tidy
 * @returns {Promise<Pick<BootResult, 'outcome' | 'exitCode' | 'message' | 'clock'>>}
 */
async function runGuest(args, folder, token, { timeoutMs = 600_000, onLine = () => undefined, interactive = false, clock }, tidy) {
  /** @type {{ exitCode?: number, clock?: import('./clock/test.mjs').ClockTest | undefined, child?: import('node:child_process').ChildProcess, timedOut: boolean }} */
  const guest = { timedOut: false }
  /** @param {NodeJS.Signals} [signal] */
  const stop = (signal = 'SIGKILL') => guest.child?.kill(signal)

  // Receives the guest's output. It ends with the token and the exit code.
  let rest = ''
  /** @param {string} text */
  const take = (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const at = line.indexOf(`${token} `)
      const test = clockTestIn(line)
      if (test) guest.clock = test
      else if (at < 0) onLine(line)
      else {
        if (at > 0) onLine(line.slice(0, at)) // a last line without a newline
        guest.exitCode = Number(line.slice(at + token.length + 1))
        // QEMU restores the terminal only if it can end by itself.
        stop(interactive ? 'SIGTERM' : 'SIGKILL')
      }
    }
  }
  const server = createServer((socket) =>
    socket
      .setEncoding('utf8')
      .on('data', take)
      .on('error', () => undefined),
  )
  await new Promise((resolve) => server.listen(join(folder, 'port'), () => resolve(undefined)))

  // On a signal, ends the guest, removes the temporary folders, and then ends by the same signal.
  const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])
  /** @param {NodeJS.Signals} signal */
  const onSignal = (signal) => {
    stop()
    tidy()
    for (const each of signals) process.removeListener(each, onSignal)
    process.kill(process.pid, signal)
  }
  for (const each of signals) process.on(each, onSignal)

  let said = ''
  const onTimeout = () => {
    guest.timedOut = true
    stop()
  }
  const timer = timeoutMs > 0 ? setTimeout(onTimeout, timeoutMs) : undefined
  try {
    const child = spawnQemu(args, { stdio: interactive ? ['inherit', 'inherit', 'pipe'] : ['ignore', 'ignore', 'pipe'] })
    guest.child = child
    if (clock === 'instructions') goFirst(child.pid)
    child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ data) => (said = (said + data).slice(-4000)))
    await new Promise((resolve, reject) => {
      child.on('error', (error) => reject(new LabError('QEMU_FAILED', `QEMU didn't start: ${error.message}`)))
      child.on('close', resolve)
    })
  } finally {
    clearTimeout(timer)
    for (const each of signals) process.removeListener(each, onSignal)
    await new Promise((resolve) => server.close(resolve))
  }
  const { exitCode, clock: tested } = guest
  if (exitCode !== undefined) return { outcome: 'exited', exitCode, message: tested && !tested.ok ? clockWords(tested) : '', clock: tested }
  if (rest) onLine(rest)
  if (guest.timedOut) return { outcome: 'timed-out', exitCode: 124, message: `the guest was stopped after ${timeoutMs} ms` }
  const why = said.trim() ? ` (QEMU: ${said.trim()})` : ''
  return { outcome: 'guest-died', exitCode: 125, message: `the guest ended before its command did${why}` }
}

/**
 * Before other programs of the machine, if this user may: an idle guest waits in real time, so a machine that wakes it late makes its waits
 * longer.
 * @param {number | undefined} pid
 */
function goFirst(pid) {
  try {
    if (pid !== undefined) setPriority(pid, -10)
  } catch {} // not root
}
