// The machines that the package has a native part for. Node.js 20 itself needs glibc 2.28 (its BUILDING.md, "Platform list").

/**
 * @typedef {object} Target
 * @property {string} name
 * @property {'linux'} platform
 * @property {'x64' | 'arm64'} arch as Node.js names it
 * @property {'glibc' | 'musl'} libc
 * @property {string} triple as the compiler names the machine
 * @property {string} machine as readelf names it
 */

/** The newest version of glibc whose symbols a prebuild may need. */
export const GLIBC = '2.28'

const MACHINES = /** @type {const} */ ({
  x64: { cpu: 'x86_64', machine: 'Advanced Micro Devices X86-64' },
  arm64: { cpu: 'aarch64', machine: 'AArch64' },
})
const LIBCS = /** @type {const} */ ({ glibc: `gnu.${GLIBC}`, musl: 'musl' })

/** @param {'x64' | 'arm64'} arch @param {'glibc' | 'musl'} libc @returns {Target} */
function target(arch, libc) {
  const { cpu, machine } = MACHINES[arch]
  return { name: `linux-${arch}-${libc}`, platform: 'linux', arch, libc, triple: `${cpu}-linux-${LIBCS[libc]}`, machine }
}

export const TARGETS = [target('x64', 'glibc'), target('arm64', 'glibc'), target('x64', 'musl'), target('arm64', 'musl')]

/** The folder of a target below prebuilds, as prebuildify names it. @param {Target} target */
export const folderOf = ({ platform, arch }) => `${platform}-${arch}`

/** The files of a target. prebuildify names the addon, and node-gyp-build chooses it by that name. @param {Target} target */
export const filesOf = ({ libc }) => ({ addon: `brickwork-storage.${libc}.node`, helper: `brickwork-helper.${libc}` })
