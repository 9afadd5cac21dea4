// The cells of package managers, places and module formats. They run on this machine's Node.js.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../lab/run.mjs'
import { inTime } from './in-time.mjs'
import { CHECKOUT } from '../tests/stage.mjs'
import { program, Skip, unpacked } from './fetch.mjs'
import { STRICT_MODULE } from './program.mjs'
import { check, CLEAN, copyOf, npmInstall } from './project.mjs'

/** @typedef {import('./runtimes.mjs').Cell} Cell */
/** @typedef {import('./project.mjs').Project} Project */

const PNPM = '@pnpm/exe.linux-x64@12.4.2'
const YARN_1 = 'yarn@1.22.22'
const YARN_4 = '@yarnpkg/cli-dist@4.18.1'
const ESBUILD = '@esbuild/linux-x64@0.28.2'
const NOBODY = '65534'
const NODE = process.execPath

/** @param {Project} project */
const both = async (project) => {
  await check(project, [NODE, 'check.mjs'])
  await check(project, [NODE, 'check.cjs'])
}

/** @param {string} what */
function needsRoot(what) {
  if (process.getuid?.() !== 0) throw new Skip(`${what} needs root`)
}

/** @param {Project} project @param {string} format @returns {Promise<string>} the bundle, in a folder without node_modules */
async function bundled(project, format) {
  await npmInstall(project)
  const out = join(project.cwd, 'bundle', format === 'esm' ? 'check.mjs' : 'check.cjs')
  await inTime(
    await program(ESBUILD, 'bin/esbuild'),
    ['check.mjs', '--bundle', '--platform=node', `--format=${format}`, `--outfile=${out}`],
    {
      cwd: project.cwd,
    },
  )
  copyOf(project, 'prebuilds', 'bundle/native')
  rmSync(join(project.cwd, 'node_modules'), { recursive: true })
  return out
}

/** @param {string} format @returns {Cell} */
const bundle = (format) => ({
  name: `esbuild-${format}`,
  what: `bundled by esbuild (${ESBUILD}) as ${format}, with BRICKWORK_NATIVE_DIR; without it, an error says what to do`,
  run: async (project) => {
    const out = await bundled(project, format)
    await check(project, [NODE, out], { BRICKWORK_NATIVE_DIR: join(project.cwd, 'bundle/native') })
    const said = await inTime('sh', ['-c', `${quote(NODE)} ${quote(out)} || true`], { cwd: project.cwd, env: CLEAN })
    if (!/"code":"ERR_NATIVE_UNAVAILABLE".*--external:brickwork-storage.*nativeDir/.test(said)) throw new Error(`without a folder: ${said}`)
  },
})

/**
 * With Plug'n'Play, require() of an ES module finds none of its dependencies in Node.js 20: it doesn't ask Yarn's loader.
 * @param {'pnp' | 'node-modules'} linker @param {string} how @param {readonly string[]} files @returns {Cell}
 */
const yarn4 = (linker, how, files) => ({
  name: `yarn-4-${linker}`,
  what: `Yarn (${YARN_4}) add, ${how}`,
  run: async (project) => {
    const yarn = join(await unpacked(YARN_4), 'bin/yarn.js')
    const global = join(project.cwd, '.yarn-global')
    const env = { ...CLEAN, YARN_ENABLE_TELEMETRY: '0', YARN_GLOBAL_FOLDER: global, YARN_NODE_LINKER: linker }
    writeFileSync(join(project.cwd, 'yarn.lock'), '')
    await inTime(NODE, [yarn, 'add', `brickwork-storage@file:${project.tarball}`], { cwd: project.cwd, env })
    for (const file of files) await check(project, [NODE, yarn, 'node', file], env)
  },
})

/** @type {readonly Cell[]} */
export const INSTALLS = [
  {
    name: 'npm',
    what: 'npm install; import and require',
    run: async (project) => {
      await npmInstall(project)
      await both(project)
      const version = await inTime('npx', ['--no-install', 'brickwork', '--version'], { cwd: project.cwd, env: CLEAN })
      if (!/^\d+\.\d+\.\d+/.test(version)) throw new Error(`brickwork --version: ${version}`)
    },
  },
  {
    name: 'npm-ignore-scripts',
    what: 'npm install --ignore-scripts',
    run: async (project) => {
      await npmInstall(project, '--ignore-scripts')
      await both(project)
    },
  },
  {
    name: 'pnpm',
    what: `pnpm (${PNPM}) add, with its default settings`,
    run: async (project) => {
      const env = { ...CLEAN, XDG_DATA_HOME: join(project.cwd, '.data'), XDG_CACHE_HOME: join(project.cwd, '.cache') }
      await inTime(await program(PNPM, 'pnpm'), ['add', project.tarball], { cwd: project.cwd, env })
      await both(project)
    },
  },
  {
    name: 'yarn-1',
    what: `Yarn Classic (${YARN_1}) add`,
    run: async (project) => {
      const yarn = join(await unpacked(YARN_1), 'bin/yarn.js')
      const args = ['add', `file:${project.tarball}`, '--non-interactive', '--cache-folder', join(project.cwd, '.cache')]
      await inTime(NODE, [yarn, ...args], { cwd: project.cwd, env: CLEAN })
      await both(project)
    },
  },
  yarn4('pnp', "Plug'n'Play; import only", ['check.mjs']),
  yarn4('node-modules', 'with node_modules', ['check.mjs', 'check.cjs']),
  {
    name: 'read-only',
    what: 'on a file system that is mounted read-only',
    run: async (project) => {
      needsRoot('a mount')
      await npmInstall(project)
      const mounted = join(project.cwd, 'mounted')
      mkdirSync(mounted)
      const script = 'mount --bind "$1" "$2" && mount -o remount,bind,ro "$2" && cd "$2" && ! touch x 2>/dev/null && "$3" check.mjs'
      await check(project, ['unshare', '--mount', 'sh', '-c', script, 'sh', project.cwd, mounted, NODE])
    },
  },
  {
    name: 'non-root',
    what: 'installed and run by an ordinary user',
    run: async (project) => {
      needsRoot('another user')
      await inTime('chown', ['-R', `${NOBODY}:${NOBODY}`, project.cwd])
      const user = /** @type {const} */ (['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'])
      const env = { HOME: project.cwd, npm_config_cache: join(project.cwd, '.npm') }
      const [setpriv, ...as] = user
      await inTime(setpriv, [...as, 'npm', 'install', '--no-audit', '--no-fund', project.tarball], {
        cwd: project.cwd,
        env: { ...CLEAN, ...env },
      })
      await check(project, [...user, NODE, 'check.mjs'], env)
    },
  },
  {
    name: 'typescript',
    what: 'TypeScript: strict, exactOptionalPropertyTypes, without skipLibCheck',
    run: async (project) => {
      await npmInstall(project)
      writeFileSync(join(project.cwd, 'user.mts'), STRICT_MODULE)
      const types = join(CHECKOUT, 'node_modules/@types')
      const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--noPropertyAccessFromIndexSignature']
      const target = [
        '--module',
        'nodenext',
        '--target',
        'es2022',
        '--lib',
        'es2023,esnext.disposable',
        '--typeRoots',
        types,
        '--types',
        'node',
      ]
      await inTime(join(CHECKOUT, 'node_modules/.bin/tsc'), [...strict, ...target, '--noEmit', 'user.mts'], { cwd: project.cwd })
      await check(project, [NODE, 'check.mjs'])
    },
  },
  bundle('esm'),
  bundle('cjs'),
  {
    name: 'compiled',
    what: "compiled by scripts/build.mjs with this machine's compiler, without prebuilds",
    run: async (project) => {
      await npmInstall(project)
      const folder = join(project.cwd, 'node_modules/brickwork-storage')
      rmSync(join(folder, 'prebuilds'), { recursive: true })
      await inTime(NODE, [join(folder, 'scripts/build.mjs')], { cwd: project.cwd, env: CLEAN })
      await both(project)
    },
  },
]
