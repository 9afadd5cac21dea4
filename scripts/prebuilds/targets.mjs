// The machines that the package has a native part for. Node.js 20 itself needs glibc 2.28 (its BUILDING.md, "Platform list").

/** @typedef {{ readonly name: string, readonly triple: string, readonly machine: string, readonly libc: 'glibc' | 'musl' }} Target */

/** The newest version of glibc whose symbols a prebuild may need. */
export const GLIBC = '2.28'

/** @type {readonly Target[]} */
export const TARGETS = [
  { name: 'linux-x64-glibc', triple: `x86_64-linux-gnu.${GLIBC}`, machine: 'Advanced Micro Devices X86-64', libc: 'glibc' },
  { name: 'linux-arm64-glibc', triple: `aarch64-linux-gnu.${GLIBC}`, machine: 'AArch64', libc: 'glibc' },
  { name: 'linux-x64-musl', triple: 'x86_64-linux-musl', machine: 'Advanced Micro Devices X86-64', libc: 'musl' },
  { name: 'linux-arm64-musl', triple: 'aarch64-linux-musl', machine: 'AArch64', libc: 'musl' },
]

export const FILES = ['brickwork.node', 'brickwork-helper']
