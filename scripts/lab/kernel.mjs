// The guest's kernel: Debian's stock one, unpacked and never installed; and the initramfs that finds the root.
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { basename, join } from 'node:path'
import { artefact } from './cache.mjs'
import { ensureRoot, inRoot } from './root.mjs'
import { LabError, run, which } from './run.mjs'

const RECIPE = 1
const MODULES = ['virtio_pci', 'virtio_console', 'virtio_blk', '9pnet_virtio', '9p', 'overlay']
const INIT = new URL('./initramfs-init.sh', import.meta.url)

/**
 * The kernel for a distribution; unpacked when it isn't there.
 * @param {string} [distribution] Debian's code name
 * @returns {Promise<{ version: string, image: string, modules: string, initramfs: string }>}
 *   modules: what the guest sees as /lib/modules
 */
export async function ensureKernel(distribution = 'bookworm') {
  const madeFrom = [RECIPE, distribution]
  const kernel = await artefact(`kernel-${distribution}`, madeFrom, (folder) => unpack(distribution, folder))
  const modules = join(kernel, 'lib/modules')
  const [version] = readdirSync(modules)
  const init = readFileSync(INIT, 'utf8')
  const initramfs = await artefact(`initramfs-${distribution}`, [RECIPE, version, MODULES, init], (folder) =>
    pack(kernel, version, folder),
  )
  return { version, image: join(kernel, `boot/vmlinuz-${version}`), modules, initramfs: join(initramfs, 'initramfs.gz') }
}

async function unpack(distribution, folder) {
  const root = await ensureRoot(distribution)
  const download = mkdtempSync(join(root, 'tmp/kernel-'))
  try {
    // The guest's own apt does it, so the kernel is its distribution's whatever the machine runs.
    const inside = `/tmp/${basename(download)}`
    await inRoot(root, ['apt-get', '-q', 'update'])
    const depends = await inRoot(root, ['apt-cache', 'depends', 'linux-image-amd64'])
    const name = depends.match(/Depends: (linux-image-\S+)/)?.[1]
    if (!name) throw new LabError('NO_KERNEL', `linux-image-amd64 of ${distribution} names no kernel package:\n${depends}`)
    await inRoot(root, ['sh', '-c', `cd ${inside} && apt-get -q -o APT::Sandbox::User=root download ${name}`])
    const [deb] = readdirSync(download)
    await run('dpkg-deb', ['-x', join(download, deb), folder])
  } finally {
    rmSync(download, { recursive: true, force: true })
  }
  // From trixie on, the modules are below usr; the guest's /lib is a link to /usr/lib either way.
  const [version] = readdirSync(join(folder, 'boot')).flatMap((file) => file.match(/^vmlinuz-(.*)/)?.[1] ?? [])
  try {
    readdirSync(join(folder, 'lib/modules'))
  } catch {
    mkdirSync(join(folder, 'lib'), { recursive: true })
    await run('mv', [join(folder, 'usr/lib/modules'), join(folder, 'lib/modules')])
  }
  await run('depmod', ['-b', folder, version])
}

async function pack(kernel, version, folder) {
  const busybox = which('busybox')
  if (!busybox) throw new LabError('TOOL_MISSING', 'busybox is missing: run `npm run setup`, or install busybox-static.')
  const tree = join(folder, 'tree')
  for (const each of ['bin', 'modules', 'dev', 'proc', 'sys', 'lower', 'upper', 'new']) mkdirSync(join(tree, each), { recursive: true })
  copyFileSync(busybox, join(tree, 'bin/busybox'))
  copyFileSync(INIT, join(tree, 'init'))
  await run('chmod', ['755', join(tree, 'init'), join(tree, 'bin/busybox')])

  // `modprobe --show-depends` lists each module after those it needs; insmod then takes them in that order.
  const files = []
  for (const module of MODULES) {
    const out = await run('modprobe', ['-d', kernel, '-S', version, '--show-depends', module])
    for (const [, file] of out.matchAll(/^insmod (\S+)/gm)) if (!files.includes(file)) files.push(file)
  }
  for (const [index, file] of files.entries()) {
    const name = `${String(index).padStart(2, '0')}-${basename(file).replace(/\.[xg]z$|\.zst$/, '')}`
    const target = join(tree, 'modules', name)
    if (file.endsWith('.xz')) await run('sh', ['-c', 'xz -dc "$1" > "$2"', 'sh', file, target])
    else copyFileSync(file, target)
  }
  await run('sh', ['-c', 'cd "$1" && find . | cpio --quiet -o -H newc | gzip -1 > "$2"', 'sh', tree, join(folder, 'initramfs.gz')])
  rmSync(tree, { recursive: true })
}
