/** The library as a user gets it: `scripts/packed.mjs` packs it before the guest starts. Unpacking is all that its installation does. */
import { symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { equal, expectClean, request, serveOne, truthy } from '../world/expect.js'
import { must, run } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'

/** The root of the checkout: built scenarios lie in build/lab/test/scenarios. */
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const TARBALL = `${ROOT}/build/packed/brickwork-storage.tgz`
const PROJECT = '/tmp/installed'
const PACKAGE = `${PROJECT}/node_modules/brickwork-storage`

async function install(): Promise<void> {
  await must(['mkdir', '-p', PACKAGE])
  await must(['tar', '-xzf', TARBALL, '--strip-components=1', '-C', PACKAGE])
  for (const name of ['node-gyp-build', 'zod']) await symlink(`${ROOT}/node_modules/${name}`, `${PROJECT}/node_modules/${name}`)
}

/** Attaches, reads, detaches, and says which native files were in use. */
const PROGRAM = `
  import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
  import { open } from 'node:fs/promises'
  import { createAttacher } from 'brickwork-storage'
  const { request, ...options } = JSON.parse(process.argv[2])
  const attacher = await createAttacher(options)
  const volume = await attacher.attach(request, { timeoutMs: 120_000 })
  const file = await open(volume.device, 'r')
  const { bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0)
  await file.close()
  const mapped = readFileSync('/proc/self/maps', 'utf8').split('\\n').flatMap((line) => /\\S+brickwork[^/]*\\.node$/.exec(line) ?? [])
  const programs = readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).flatMap((pid) => {
    try {
      return readlinkSync('/proc/' + pid + '/exe')
    } catch {
      return []
    }
  })
  const { outcome } = await attacher.detach('one', { timeoutMs: 120_000 })
  await attacher.close()
  const helpers = programs.filter((program) => /brickwork-helper[^/]*$/.test(program))
  console.log(JSON.stringify({ bytesRead, outcome, addons: [...new Set(mapped)], helpers: [...new Set(helpers)] }))`

export const installPacked: Scenario = {
  name: 'install-packed',
  title: 'on a host without a compiler, the packed library attaches and detaches a volume with the native part that it brought along',
  only: 'real',
  packed: true,
  timeoutMs: 300_000,
  run: async (world, story) => {
    for (const compiler of ['c++', 'g++', 'clang++', 'cc'])
      truthy((await run(['sh', '-c', `command -v ${compiler}`])).code !== 0, `there is no ${compiler}`)
    await serveOne(world)
    await install()
    await must(['sh', '-c', `cat > ${PROJECT}/agent.mjs`], { input: PROGRAM })
    const asked = { request: request('one', { policy: { multipath: 'never' } }), stateDir: world.stateDir, runDir: world.runDir }
    const printed = await must([process.execPath, `${PROJECT}/agent.mjs`, JSON.stringify(asked)], { timeoutMs: 280_000 })
    const { addons, helpers, ...found } = JSON.parse(printed) as Readonly<Record<'addons' | 'helpers', readonly string[]>>
    story.note('the program', found)
    equal(found, { bytesRead: 512, outcome: 'released' }, 'what the program did')
    const shipped = `${PACKAGE}/prebuilds/linux-x64`
    equal(addons, [`${shipped}/brickwork-storage.glibc.node`], 'the addon that it loaded')
    truthy(helpers.includes(`${shipped}/brickwork-helper.glibc`), `the packed helper runs beside it; helpers: ${helpers.join(' ')}`)
    await expectClean(world, 'after the detach')
  },
}
