// The guest's kernel: Debian's stock kernel, unpacked and never installed, with the initramfs that finds the root.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { artefact } from './cache.mjs'
import { ensureRoot, inRoot } from './root.mjs'
import { LabError, run, which } from './run.mjs'

const RECIPE = 2
/** The initramfs's folders of modules: those that are always loaded, and those for a guest with a disk. */
const MODULES = {
  modules: ['virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay', 'configfs'],
  'modules-disk': ['virtio_blk', 'ext4'],
}
const INIT = new URL('./initramfs-init.sh', import.meta.url)

/**
 * The kernel of a distribution. Unpacks it if it doesn't exist.
 * @param {string} [distribution] Debian's code name
 * @returns {Promise<{ version: string, image: string, modules: string, initramfs: string }>}
 *   modules: the guest's /lib/modules
 */
export async function ensureKernel(distribution = 'bookworm') {
  const madeFrom = [RECIPE, distribution]
  const kernel = await artefact(`kernel-${distribution}`, madeFrom, (folder) => unpack(distribution, folder))
  const modules = join(kernel, 'lib/modules')
  const version = only(readdirSync(modules), 'version of the kernel')
  const init = readFileSync(INIT, 'utf8')
  const initramfs = await artefact(`initramfs-${distribution}`, [RECIPE, version, MODULES, init], (folder) => pack(kernel, version, folder))
  return { version, image: join(kernel, 'image'), modules, initramfs: join(initramfs, 'initramfs.gz') }
}

/** @template T @param {readonly T[]} all @param {string} what */
function only([first], what) {
  if (first === undefined) throw new LabError('NO_KERNEL', `There is no ${what}`)
  return first
}

/** @param {string} distribution @param {string} folder */
async function unpack(distribution, folder) {
  const root = await ensureRoot(distribution)
  const download = mkdtempSync(join(root, 'tmp/kernel-'))
  try {
    // The guest's own apt downloads it, so the kernel is the distribution's whatever the machine runs.
    const inside = `/tmp/${basename(download)}`
    await inRoot(root, ['apt-get', '-q', 'update'])
    const depends = await inRoot(root, ['apt-cache', 'depends', 'linux-image-amd64'])
    const name = depends.match(/Depends: (linux-image-\S+)/)?.[1]
    if (!name) throw new LabError('NO_KERNEL', `linux-image-amd64 of ${distribution} names no kernel package:\n${depends}`)
    await inRoot(root, ['sh', '-c', `cd ${inside} && apt-get -q -o APT::Sandbox::User=root download ${name}`])
    await run('dpkg-deb', ['-x', join(download, only(readdirSync(download), 'package of a kernel')), folder])
  } finally {
    rmSync(download, { recursive: true, force: true })
  }
  // From trixie on, the modules are below usr. The guest's /lib is a link to /usr/lib in both.
  const images = readdirSync(join(folder, 'boot')).flatMap((file) => file.match(/^vmlinuz-(.*)/)?.[1] ?? [])
  const version = only(images, 'image of a kernel')
  try {
    readdirSync(join(folder, 'lib/modules'))
  } catch {
    mkdirSync(join(folder, 'lib'), { recursive: true })
    await run('mv', [join(folder, 'usr/lib/modules'), join(folder, 'lib/modules')])
  }
  await run('depmod', ['-b', folder, version])
  await extractImage(join(folder, `boot/vmlinuz-${version}`), join(folder, 'image'))
}

/**
 * Extracts the kernel proper from its self-extracting file. If the guest did this in software, every boot would take three seconds longer.
 * QEMU starts an uncompressed kernel directly (its PVH entry). The file's header says where the payload is:
 * https://docs.kernel.org/arch/x86/boot.html
 * @param {string} vmlinuz @param {string} image
 */
async function extractImage(vmlinuz, image) {
  const file = readFileSync(vmlinuz)
  const start = ((file[0x1f1] || 4) + 1) * 512 + file.readUInt32LE(0x248)
  const payload = file.subarray(start, start + file.readUInt32LE(0x24c) - 4) // the last four bytes are its size
  const magic = payload.subarray(0, 4).toString('hex')
  const unpacker = UNPACKERS.get(magic)
  if (unpacker === undefined || !which(unpacker))
    copyFileSync(vmlinuz, image) // slower, but it works too
  else await run('sh', ['-c', `${unpacker} -dc > "$1"`, 'sh', image], { input: payload })
}

/** Unpacking programs, by the first bytes of their input. */
const UNPACKERS = new Map([
  ['fd377a58', 'xz'],
  ['28b52ffd', 'zstd'],
  ['1f8b0800', 'gzip'],
])

/** @param {string} kernel @param {string} version @param {string} folder */
async function pack(kernel, version, folder) {
  const busybox = which('busybox')
  if (!busybox) throw new LabError('TOOL_MISSING', 'busybox is missing: run `npm run setup`, or install busybox-static.')
  const tree = join(folder, 'tree')
  const folders = ['bin', ...Object.keys(MODULES), 'dev', 'proc', 'sys', 'lower', 'upper', 'new']
  for (const each of folders) mkdirSync(join(tree, each), { recursive: true })
  copyFileSync(busybox, join(tree, 'bin/busybox'))
  copyFileSync(INIT, join(tree, 'init'))
  await run('chmod', ['755', join(tree, 'init'), join(tree, 'bin/busybox')])

  // `modprobe --show-depends` lists each module after those it needs; insmod then takes them in that order.
  /** @type {string[]} */
  const files = []
  for (const [part, names] of Object.entries(MODULES)) {
    for (const name of names) {
      const out = await run('modprobe', ['-d', kernel, '-S', version, '--show-depends', name])
      for (const [, file = ''] of out.matchAll(/^insmod (\S+)/gm)) {
        if (files.includes(file)) continue
        files.push(file)
        await putModule(file, join(tree, part, `${String(files.length).padStart(2, '0')}-${basename(file, '.xz')}`))
      }
    }
  }
  await run('sh', ['-c', 'cd "$1" && find . | cpio --quiet -o -H newc | gzip -1 > "$2"', 'sh', tree, join(folder, 'initramfs.gz')])
  rmSync(tree, { recursive: true })
}

// Newer distributions compress their modules, and busybox may be unable to unpack them.
/** @param {string} file @param {string} target */
async function putModule(file, target) {
  if (file.endsWith('.xz')) await run('sh', ['-c', 'xz -dc "$1" > "$2"', 'sh', file, target])
  else copyFileSync(file, target)
}
