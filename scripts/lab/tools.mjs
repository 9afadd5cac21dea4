// The programs that the machine needs, and their Debian packages. No storage daemon is among them: one may take over a developer's own
// disks. Storage daemons run in the guests only.
import { FUZZ_PACKAGES, fuzzCompiler } from '../fuzz-compiler.mjs'
import { machine } from './debian.mjs'
import { LabError, messageOf, run, which } from './run.mjs'

const BUILD = { 'g++': 'g++', make: 'make', python3: 'python3', cmake: 'cmake' }
/** Shells whose completion is tested, and the program that checks manual pages. */
const COMMAND_LINE = { zsh: 'zsh', fish: 'fish', mandoc: 'mandoc' }
/** The model checker, and the compiler of what it makes. */
const MODEL = { spin: 'spin', gcc: 'gcc' }
const LAB = {
  'qemu-system-x86_64': 'qemu-system-x86',
  debootstrap: 'debootstrap',
  busybox: 'busybox-static',
  cpio: 'cpio',
  modprobe: 'kmod',
  depmod: 'kmod',
  xz: 'xz-utils',
  'dpkg-deb': 'dpkg',
  setpriv: 'util-linux',
  unshare: 'util-linux',
  ip: 'iproute2',
}

/** Throws if this machine can't run the tests at all. @param {{ lab: boolean }} options */
export function checkMachine({ lab }) {
  if (process.platform !== 'linux') {
    throw new LabError(
      'NOT_LINUX',
      `Brickwork attaches Linux block devices, and is built and tested on Linux; this is ${process.platform}. ` +
        'Use a Linux machine, a virtual machine or a container (Debian 12 with Node.js 20 is what the tests use).',
    )
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new LabError('OLD_NODE', `Node.js 20.19 or newer is needed; this is ${process.version}. See https://nodejs.org/en/download.`)
  }
  if (lab && process.arch !== 'x64') {
    throw new LabError(
      'WRONG_ARCH',
      `The lab's guests are x86-64, made with this machine's own tools; this is ${process.arch}. The other tests run here.`,
    )
  }
}

/** Installs missing packages. @param {{ lab: boolean }} options @returns {Promise<string>} what was done, or '' */
export async function installTools({ lab }) {
  const wanted = Object.entries({ ...BUILD, ...(lab ? LAB : {}) })
  const missing = async () => {
    const list = wanted.filter(([command]) => !which(command))
    const busybox = which('busybox')
    if (lab && busybox !== undefined && !(await isStatic(busybox))) list.push(['busybox', 'busybox-static'])
    return list
  }
  const lacking = await missing()
  if (lacking.length === 0) return ''
  const packages = [...new Set(lacking.map(([, name]) => name))]
  const names = lacking.map(([command]) => command).join(', ')
  if (!which('apt-get')) {
    throw new LabError(
      'TOOL_MISSING',
      `Missing: ${names}. This machine has no apt-get; install them with its package manager ` +
        `(Debian's packages are called ${packages.join(' ')}), then run \`npm run setup\` again.`,
    )
  }
  const install = `apt-get install --no-install-recommends ${packages.join(' ')}`
  if (process.getuid?.() !== 0) {
    throw new LabError(
      'NOT_ROOT',
      `Missing here: ${names}. Installing them needs root: run \`npm run setup\` as root, or\n  sudo ${install}`,
    )
  }
  try {
    await aptInstall(packages)
  } catch (error) {
    throw new LabError('INSTALL_FAILED', `Could not install ${packages.join(' ')} on this ${machine().id || 'Linux'}:\n${messageOf(error)}`)
  }
  const still = await missing()
  if (still.length > 0)
    throw new LabError(
      'TOOL_MISSING',
      `Installed ${packages.join(' ')}, and still missing: ${still.map(([command]) => command).join(', ')}.`,
    )
  return `installed ${packages.join(' ')}`
}

/**
 * Installs packages that only some tests need. A failure here doesn't fail the set-up: the fuzzers and the model skip and say why, the
 * tests of the command line fail.
 * @returns {Promise<string>} what was done, or ''
 */
export async function installTestTools() {
  if (!which('apt-get') || process.getuid?.() !== 0) return ''
  const missing = [
    ...(fuzzCompiler() === undefined ? FUZZ_PACKAGES : []),
    ...Object.entries({ ...COMMAND_LINE, ...MODEL }).flatMap(([command, name]) => (which(command) ? [] : [name])),
  ]
  if (missing.length === 0) return ''
  const packages = missing.join(' ')
  return aptInstall(missing).then(
    () => `installed ${packages}`,
    (/** @type {unknown} */ error) => `without ${packages}, tests will be skipped or fail: ${messageOf(error)}`,
  )
}

/** @param {readonly string[]} packages */
export async function aptInstall(packages) {
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  await run('apt-get', ['-q', 'update'], { env })
  await run('apt-get', ['-qy', 'install', '--no-install-recommends', ...packages], { env })
}

// The initramfs has no libraries, so a dynamic busybox doesn't run in it.
/** @param {string} file */
const isStatic = (file) =>
  run('ldd', [file]).then(
    () => false,
    () => true,
  )
