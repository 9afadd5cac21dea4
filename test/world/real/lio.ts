/** The kernel's own target, through configfs. Writes may wait for sessions to end, so none of them is synchronous. */
import { createHash } from 'node:crypto'
import { mkdir, open, readdir, rm, rmdir, symlink, truncate, unlink, writeFile } from 'node:fs/promises'
import type { TargetOptions, VolumeOptions } from '../world.js'
import { layPartitions } from './partitions.js'
import { must } from './shell.js'

const ROOT = '/sys/kernel/config/target'
const STORES = `${ROOT}/core/fileio_0`
const TARGETS = `${ROOT}/iscsi`
/** On a tmpfs: volumes are as fast as memory, and disappear with the guest. */
const FILES = '/run/lab-volumes'

/**
 * A volume with its own unit serial number has an NAA identity. The name determines it, in the same way as in FakeHost
 * (lib/testing/storage/volume.ts).
 */
export function serialOf(name: string): string {
  const hex = createHash('sha256').update(`volume ${name}`).digest('hex')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join('-')
}

export async function makeVolume(
  name: string,
  { sizeMb = 64, content = 'blank', partitions = [], cloneOf = name }: VolumeOptions,
): Promise<void> {
  const bytes = sizeMb * 1024 * 1024
  const file = `${FILES}/${name}`
  await mkdir(FILES, { recursive: true })
  await using handle = await open(file, 'wx')
  await handle.truncate(bytes)
  if (partitions.length > 0) await layPartitions(file, sizeMb, partitions)
  else if (content === 'btrfs') await must(['mkfs.btrfs', '-q', '--nodiscard', file])
  else if (content === 'blank') await handle.write(`volume ${name}`, 0)
  else await must(['mkfs.ext4', '-q', '-F', '-b', '4096', '-E', 'nodiscard,lazy_itable_init=1,lazy_journal_init=1', file])
  const store = `${STORES}/${name}`
  await mkdir(store, { recursive: true })
  await writeFile(`${store}/control`, `fd_dev_name=${file},fd_dev_size=${bytes},fd_buffered_io=1`)
  await writeFile(`${store}/wwn/vpd_unit_serial`, serialOf(cloneOf)) // LIO refuses it once the store is enabled
  await writeFile(`${store}/enable`, '1')
}

/** The file that a volume is. */
export const fileOf = (name: string): string => `${FILES}/${name}`

/** LIO writes to the file through the page cache, which a read sees. */
export async function contentOf(name: string, length: number, from = 0): Promise<Uint8Array> {
  await using handle = await open(`${FILES}/${name}`, 'r')
  return (await handle.read(new Uint8Array(length), 0, length, from)).buffer
}

/** LIO takes the size of a file from its own settings. */
export async function resizeVolume(name: string, sizeMb: number): Promise<void> {
  const bytes = sizeMb * 1024 * 1024
  await truncate(`${FILES}/${name}`, bytes)
  await writeFile(`${STORES}/${name}/control`, `fd_dev_size=${bytes}`)
}

export async function makeTarget({ iqn, portals, luns, chap, readOnly = false }: TargetOptions): Promise<void> {
  const group = groupOf(iqn)
  await mkdir(group, { recursive: true })
  const attributes = {
    generate_node_acls: 1,
    cache_dynamic_acls: 1,
    demo_mode_write_protect: readOnly ? 1 : 0,
    authentication: chap === undefined ? 0 : 1,
  }
  for (const [name, value] of Object.entries(attributes)) await writeFile(`${group}/attrib/${name}`, String(value))
  if (chap !== undefined) {
    await writeFile(`${group}/auth/userid`, chap.username)
    await writeFile(`${group}/auth/password`, chap.secret)
    if (chap.target !== undefined) {
      await writeFile(`${group}/auth/userid_mutual`, chap.target.username)
      await writeFile(`${group}/auth/password_mutual`, chap.target.secret)
    }
  }
  for (const [lun, volume] of Object.entries(luns)) await mapLun(iqn, Number(lun), volume)
  for (const portal of portals) await mkdir(`${group}/np/${portal}`)
  await writeFile(`${group}/enable`, '1')
}

/** One setting for the whole of LIO. */
export async function setDiscoveryChap(chap: { readonly username: string; readonly secret: string } | undefined): Promise<void> {
  const place = `${TARGETS}/discovery_auth`
  await mkdir(TARGETS, { recursive: true })
  if (chap !== undefined) {
    await writeFile(`${place}/userid`, chap.username)
    await writeFile(`${place}/password`, chap.secret)
  }
  await writeFile(`${place}/enforce_discovery_auth`, chap === undefined ? '0' : '1')
}

export async function mapLun(iqn: string, lun: number, volume: string): Promise<void> {
  const directory = `${groupOf(iqn)}/lun/lun_${lun}`
  await mkdir(directory)
  await symlink(`${STORES}/${volume}`, `${directory}/${volume}`)
}
/** Waits for commands in progress on the LUN. */
export async function unmapLun(iqn: string, lun: number): Promise<void> {
  await removeLun(`${groupOf(iqn)}/lun/lun_${lun}`)
}

/** Its sessions lose their connections. */
export async function removeTarget(iqn: string): Promise<void> {
  const group = groupOf(iqn)
  await writeFile(`${group}/enable`, '0')
  for (const portal of await readdir(`${group}/np`)) await rmdir(`${group}/np/${portal}`)
  for (const lun of await readdir(`${group}/lun`)) await removeLun(`${group}/lun/${lun}`)
  await rmdir(group)
  await rmdir(`${TARGETS}/${iqn}`)
}

/** The existing targets. */
export async function targets(): Promise<string[]> {
  return (await names(TARGETS)).filter((name) => /^(iqn|eui|naa)\./.test(name))
}

export async function removeAll(): Promise<void> {
  for (const iqn of await targets()) await removeTarget(iqn)
  for (const name of await names(STORES)) if (!name.startsWith('hba_')) await rmdir(`${STORES}/${name}`)
  await rm(FILES, { recursive: true, force: true })
}

function groupOf(iqn: string): string {
  return `${TARGETS}/${iqn}/tpgt_1`
}
async function removeLun(directory: string): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true }))
    if (entry.isSymbolicLink()) await unlink(`${directory}/${entry.name}`)
  await rmdir(directory)
}
async function names(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => [])
}
