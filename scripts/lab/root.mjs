// A guest's root file system: Debian, made by debootstrap in the cache, shared read-only with every guest. It is the only place with
// storage daemons; policy-rc.d keeps packages from starting them during installation.
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { artefact, withLock } from './cache.mjs'
import { mirrors, sourcesList } from './debian.mjs'
import { LabError, messageOf, run, which } from './run.mjs'

// Increase it when the recipe below changes in a way that its inputs don't show.
const RECIPE = 2

const PACKAGES = (
  'systemd-sysv udev kmod open-iscsi multipath-tools nvme-cli iproute2 nftables sg3-utils sg3-utils-udev lsscsi ' +
  'lvm2 dmsetup kpartx fdisk btrfs-progs e2fsprogs util-linux procps psmisc strace libstdc++6 libatomic1'
).split(' ')

// No manuals, no translations and no syncing: an interrupted build is discarded anyway.
const DPKG = ['force-unsafe-io', ...['man', 'doc', 'locale', 'info', 'lintian'].map((name) => `path-exclude=/usr/share/${name}/*`)]
const APT = ['APT::Install-Recommends "false";', 'Acquire::Languages "none";', 'Acquire::Retries "3";']

/** Optional packages for comparison: a hundred packages, in a separate root so that other guests don't wait for them. */
const PEERS = { 'os-brick': ['python3-os-brick'] }

/**
 * Returns the root's folder, and makes it if it doesn't exist: about half a minute with a fast mirror, twice that with a peer.
 * @param {string} [distribution] Debian's code name
 * @param {keyof typeof PEERS} [peer]
 * @returns {Promise<string>}
 */
export async function ensureRoot(distribution = 'bookworm', peer) {
  const from = mirrors()
  const madeFrom = [RECIPE, distribution, PACKAGES, DPKG, APT]
  const plain = await artefact(`root-${distribution}`, madeFrom, (folder) => build(distribution, folder, from))
  await putNode(plain)
  if (peer === undefined) return plain
  const root = await artefact(`${peer}-root-${distribution}`, [...madeFrom, PEERS[peer]], (folder) =>
    addPackages(plain, PEERS[peer], folder),
  )
  await putNode(root)
  return root
}

/** @param {string} plain @param {readonly string[]} packages @param {string} root */
async function addPackages(plain, packages, root) {
  await run('cp', ['--archive', `${plain}/.`, root])
  await inRoot(root, ['apt-get', '-q', 'update'])
  await inRoot(root, ['apt-get', '-qy', 'install', ...packages])
  await inRoot(root, ['apt-get', 'clean'])
}

/** Installed packages, as `name version`. @param {string} root @param {string[]} names of Debian's packages */
export function packageVersions(root, names) {
  const packages = readFileSync(join(root, 'var/lib/dpkg/status'), 'utf8').split('\n\n')
  /** @param {string} name */
  const version = (name) => /^Version: (.*)$/m.exec(packages.find((each) => each.startsWith(`Package: ${name}\n`)) ?? '')?.[1]
  return names.map((name) => `${name} ${version(name) ?? '(absent)'}`)
}

/** Runs a command in a root, as root, without the caller's environment. @param {string} root @param {string[]} argv */
export function inRoot(root, argv) {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((key) => (process.env[key] ? [`${key}=${process.env[key]}`] : []))
  const env = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LC_ALL=C.UTF-8', 'DEBIAN_FRONTEND=noninteractive', ...proxies]
  return runApart(['env', '-i', ...env, 'chroot', root, ...argv])
}

// Where it is allowed, programs that start others run in their own namespaces. What they mount and start ends with them, and they end with
// this process.
/** @param {readonly string[]} argv */
async function runApart(argv) {
  const apart = ['--pdeathsig', 'KILL', '--', 'unshare', '--mount', '--pid', '--fork', '--kill-child', '--']
  allowed ??= run('setpriv', [...apart, 'true']).then(
    () => true,
    () => false,
  )
  const [command = '', ...args] = argv
  return (await allowed) ? run('setpriv', [...apart, ...argv]) : run(command, args)
}
/** @type {Promise<boolean> | undefined} */
let allowed

/** @param {string} distribution @param {string} root @param {import('./debian.mjs').Mirrors} from */
async function build(distribution, root, from) {
  if (process.getuid?.() !== 0) {
    throw new LabError('NOT_ROOT', "Making the lab's guest root needs root (debootstrap does): run `npm run setup` as root once.")
  }
  if (!which('debootstrap')) throw new LabError('TOOL_MISSING', 'debootstrap is missing: run `npm run setup`, or install it.')
  const keyring = from.keyring ? [`--keyring=${from.keyring}`] : []
  await runApart(['debootstrap', '--variant=minbase', ...keyring, distribution, root, from.main])

  /** @param {string} file @param {string} text */
  const put = (file, text, mode = 0o644) => writeFileSync(join(root, file), text, { mode })
  put('usr/sbin/policy-rc.d', '#!/bin/sh\nexit 101\n', 0o755)
  put('etc/dpkg/dpkg.cfg.d/lab', `${DPKG.join('\n')}\n`)
  put('etc/apt/apt.conf.d/99lab', `${APT.join('\n')}\n`)
  put('etc/apt/sources.list', sourcesList(distribution, from))
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'))
  await inRoot(root, ['apt-get', '-q', 'update'])
  await inRoot(root, ['apt-get', '-qy', 'install', ...PACKAGES])
  await inRoot(root, ['apt-get', 'clean'])

  // Files that the guest needs at each boot, made here so that it starts faster.
  put('etc/hostname', 'guest\n')
  put('etc/hosts', '127.0.0.1 localhost guest\n')
  put('etc/machine-id', '0123456789abcdef0123456789abcdef\n')
  put('etc/iscsi/initiatorname.iscsi', 'InitiatorName=iqn.2024-01.org.brickwork:guest\n', 0o600)
  for (const folder of ['brickwork', 'out', 'disk', 'lib/modules']) mkdirSync(join(root, folder), { recursive: true })
}

/** Copies the running node into the root, so that guests test with the same version. @param {string} root */
async function putNode(root) {
  const { size, mtimeMs } = statSync(process.execPath)
  const wanted = `${process.version} ${size} ${mtimeMs}\n`
  const mark = join(root, 'var/lib/lab-node')
  const current = () => existsSync(mark) && readFileSync(mark, 'utf8') === wanted
  if (current()) return
  await withLock(`${root} node`, async () => {
    if (current()) return
    const file = join(root, 'usr/bin/node')
    copyFileSync(process.execPath, `${file}.new`)
    try {
      await inRoot(root, ['/usr/bin/node.new', '--version'])
    } catch (error) {
      rmSync(`${file}.new`)
      throw new LabError(
        'NODE_UNFIT',
        `${process.execPath} doesn't run in the guest's root. It's probably linked to libraries of this machine; ` +
          `use a build from nodejs.org or NodeSource.\n${messageOf(error)}`,
      )
    }
    renameSync(`${file}.new`, file) // a running guest keeps the old one
    writeFileSync(mark, wanted)
  })
}
