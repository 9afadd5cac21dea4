// npm run lab -- [options] SCENARIO… | run COMMAND… | shell | clean       (see scripts/lab/README.md)
import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { boot } from './lab/boot.mjs'
import { cacheDir } from './lab/cache.mjs'
import { LabError } from './lab/run.mjs'
import { ensure } from './setup.mjs'

const USAGE = `Usage: npm run lab -- [options] WHAT

  SCENARIO…      runs the lab's scenarios of these names in a guest
  run COMMAND…   runs a command in a guest; its output and exit code are passed on
  shell          opens a shell in a guest (no storage daemon is running there; leave it with "exit")
  clean          removes the cached roots and kernels

Options:
  --distribution NAME   the guest's Debian: bookworm (as by default) or trixie
  --os-brick            a guest that has Debian's os-brick too
  --systemd             systemd as the guest's process 1, with the distribution's services as shipped
  --timeout SECONDS     600 as by default; 0 for a shell
  --memory MB           4096 as by default
  --disk MB             an ext4 disk at /disk
  --console FILE        keeps what the kernel and the init say
  --out FOLDER          what the guest sees as /out, writable
`

/** @param {string[]} words */
function parse(words) {
  /** @type {Record<string, string | true>} */
  const options = {}
  const rest = [...words]
  while (rest[0]?.startsWith('--')) {
    const [name, inline] = rest.shift().slice(2).split('=')
    if (['systemd', 'os-brick', 'help'].includes(name)) options[name] = true
    else if (['distribution', 'timeout', 'memory', 'disk', 'console', 'out'].includes(name)) options[name] = inline ?? rest.shift() ?? ''
    else throw new LabError('USAGE', `There is no option --${name}.\n\n${USAGE}`)
  }
  return { options, rest }
}

async function main() {
  const { options, rest } = parse(process.argv.slice(2))
  const [what, ...more] = rest
  if (!what || options.help) {
    console.log(USAGE)
    return what || options.help ? 0 : 2
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
  await ensure({ lab: true, quiet: true, build: scenarios, distributions: [options.distribution || 'bookworm'] })

  const result = await boot({
    distribution: options.distribution || 'bookworm',
    command: shell ? shellCommand() : scenarios ? ['node', '/brickwork/build/lab/test/lab/main.js', ...rest] : more,
    env: shell ? { TERM: process.env.TERM ?? 'linux' } : scenarios ? labEnvironment() : {},
    interactive: shell,
    peer: options['os-brick'] ? 'os-brick' : undefined,
    init: options.systemd ? 'systemd' : 'script',
    timeoutMs: Number(options.timeout ?? (shell ? 0 : 600)) * 1000,
    memoryMb: Number(options.memory ?? 4096),
    disk: options.disk ? { sizeMb: Number(options.disk) } : undefined,
    keepConsole: options.console || undefined,
    out: options.out || undefined,
    onLine: (line) => console.log(line),
  })
  if (result.disk) rmSync(dirname(result.disk), { recursive: true, force: true })
  if (result.out && !options.out) console.error(`lab: what was written to /out is in ${result.out}`)
  if (result.outcome !== 'exited') console.error(`lab: ${result.message}`)
  return result.exitCode
}

// The scenarios' own switches are passed on.
const labEnvironment = () =>
  Object.fromEntries(Object.entries(process.env).filter(([key]) => key === 'BRICKWORK_SEED' || key.startsWith('BRICKWORK_LAB_')))

/** The terminal's size doesn't travel over a serial line, so it's set once. */
function shellCommand() {
  const { rows = 24, columns = 80 } = process.stdout
  return ['sh', '-c', `stty rows ${rows} cols ${columns}; exec bash -i`]
}

main().then(
  (code) => (process.exitCode = code),
  (error) => {
    console.error(error instanceof LabError ? error.message : error)
    process.exitCode = error.code === 'USAGE' ? 2 : 1
  },
)
