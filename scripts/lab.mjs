// npm run lab -- [options] SCENARIO… | run COMMAND… | shell | clean       (see scripts/lab/README.md)
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { boot } from './lab/boot.mjs'
import { cacheDir } from './lab/cache.mjs'
import { clockWords } from './lab/clock/test.mjs'
import { LabError } from './lab/run.mjs'
import { runMain } from './main.mjs'
import { ensure } from './setup.mjs'

const USAGE = `Usage: npm run lab -- [options] WHAT

  SCENARIO…      runs the named scenarios of the lab in a guest
  run COMMAND…   runs a command in a guest; its output and exit code are passed on
  shell          opens a shell in a guest (no storage daemon is running there; leave it with "exit")
  clean          removes the cached roots and kernels

Options:
  --distribution NAME   the guest's Debian: bookworm (default) or trixie
  --os-brick            a guest that also has Debian's os-brick
  --systemd             systemd as the guest's process 1, with the distribution's services as shipped
  --clock instructions  one processor whose clock advances by a nanosecond for each instruction, and in real time while it is idle
  --timeout SECONDS     default 600; 0 for a shell
  --memory MB           default 4096
  --disk MB             an ext4 disk at /disk
  --console FILE        writes the output of the kernel and init to FILE
  --out FOLDER          this folder is /out in the guest, writable
`

const FLAGS = ['systemd', 'os-brick', 'help']
const SETTINGS = ['distribution', 'clock', 'timeout', 'memory', 'disk', 'console', 'out']

/** Options up to the first other word: options after it belong to the command. @param {readonly string[]} words */
function parse(words) {
  /** @type {Set<string>} */
  const flags = new Set()
  /** @type {Map<string, string>} */
  const settings = new Map()
  const rest = [...words]
  while (rest[0]?.startsWith('--')) {
    const [name = '', inline] = rest[0].slice(2).split('=')
    rest.shift()
    if (FLAGS.includes(name)) flags.add(name)
    else if (SETTINGS.includes(name)) settings.set(name, inline ?? rest.shift() ?? '')
    else throw new LabError('USAGE', `Unknown option --${name}.\n\n${USAGE}`)
  }
  /** An empty value counts as absent. @param {string} name */
  const setting = (name) => settings.get(name) || undefined
  return { flags, setting, rest }
}

async function main() {
  const { flags, setting, rest } = parse(process.argv.slice(2))
  const [what, ...more] = rest
  if (!what || flags.has('help')) {
    console.log(USAGE)
    return what || flags.has('help') ? 0 : 2
  }
  if (what === 'clean') {
    rmSync(cacheDir(), { recursive: true, force: true })
    console.log(`Removed ${cacheDir()}.`)
    return 0
  }
  const shell = what === 'shell'
  const scenarios = !shell && what !== 'run'
  if (what === 'run' && more[0] === '--') more.shift()
  if (what === 'run' && more.length === 0) throw new LabError('USAGE', USAGE)
  const distribution = setting('distribution') ?? 'bookworm'
  await ensure({ lab: true, quiet: true, build: scenarios, distributions: [distribution] })

  const clock = setting('clock')
  if (clock !== undefined && clock !== 'instructions') throw new LabError('USAGE', `There is no clock ${clock}.\n\n${USAGE}`)
  const disk = setting('disk')
  const out = setting('out')
  const result = await boot({
    distribution,
    command: shell ? shellCommand() : scenarios ? ['node', '/brickwork/build/lab/test/play/main.js', ...rest] : more,
    env: shell ? { TERM: process.env['TERM'] ?? 'linux' } : scenarios ? labEnvironment() : {},
    interactive: shell,
    peer: flags.has('os-brick') ? 'os-brick' : undefined,
    init: flags.has('systemd') ? 'systemd' : 'script',
    timeoutMs: Number(setting('timeout') ?? (shell ? 0 : 600)) * 1000,
    clock,
    memoryMb: Number(setting('memory') ?? 4096),
    disk: disk === undefined ? undefined : { sizeMb: Number(disk) },
    keepConsole: setting('console'),
    out,
    onLine: (line) => console.log(line),
  })
  if (result.disk) rmSync(dirname(result.disk), { recursive: true, force: true })
  if (result.out && out === undefined) console.error(`lab: the files written to /out are in ${result.out}`)
  if (result.clock) console.error(`lab: ${clockWords(result.clock)}`)
  if (result.outcome !== 'exited') console.error(`lab: ${result.message}`)
  return result.exitCode
}

// Passes on the scenarios' own switches.
/** @returns {Record<string, string>} */
const labEnvironment = () =>
  Object.fromEntries(
    Object.entries(process.env).flatMap(([key, value = '']) =>
      key === 'BRICKWORK_SEED' || key.startsWith('BRICKWORK_LAB_') ? [[key, value]] : [],
    ),
  )

/** A serial line doesn't transmit the terminal's size, so the command sets it once. */
function shellCommand() {
  const { rows, columns } = process.stdout.isTTY ? process.stdout : { rows: 24, columns: 80 }
  return ['sh', '-c', `stty rows ${rows} cols ${columns}; exec bash -i`]
}

await runMain(main)
