/** multipathd with shipped configuration, or with a few settings; maps as device-mapper shows them. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises'
import type { MapSeen, MultipathdOptions } from '../world.js'
import { underSystemd, until } from './guest.js'
import { must, run } from './shell.js'

const LOG = '/run/lab-multipathd.log'
const PID_FILE = '/run/multipathd.pid'
const CONFIGURATION = '/etc/multipath.conf'
const SOCKET = '@/org/kernel/linux/storage/multipathd'

export async function startMultipathd(options: MultipathdOptions = {}): Promise<void> {
  await stopMultipathd()
  await must(['modprobe', '-a', 'dm-multipath', 'dm-round-robin', 'dm-service-time'])
  await mkdir('/etc/multipath', { recursive: true })
  const { findMultipaths, userFriendlyNames, noPathRetry, uidAttribute, aliases = {}, blacklist = {}, sections: given = '' } = options
  const listed = Object.entries(blacklist).map(([key, pattern]) => `  ${key} "${pattern}"\n`)
  const more = listed.length === 0 ? given : `${given}blacklist {\n${listed.join('')}}\n`
  const named = Object.entries(aliases).map(([wwid, alias]) => `  multipath {\n    wwid "${wwid}"\n    alias "${alias}"\n  }\n`)
  const sections = named.length === 0 ? more : `${more}multipaths {\n${named.join('')}}\n`
  const lines = [
    ...(findMultipaths === undefined ? [] : [`find_multipaths ${findMultipaths}`]),
    ...(uidAttribute === undefined ? [] : [`uid_attribute "${uidAttribute}"`]),
    ...(userFriendlyNames === undefined ? [] : [`user_friendly_names ${userFriendlyNames ? 'yes' : 'no'}`]),
    ...(noPathRetry === undefined ? [] : [`no_path_retry ${noPathRetry}`]),
  ]
  if (lines.length === 0 && sections === '') await rm(CONFIGURATION, { force: true })
  else await writeFile(CONFIGURATION, `defaults {\n${lines.map((line) => `  ${line}\n`).join('')}}\n${sections}`)
  if (underSystemd) await must(['systemctl', 'start', 'multipathd.socket', 'multipathd.service'])
  else startDaemon()
  await until(listens, 'multipathd listens')
}
function startDaemon(): void {
  const log = openSync(LOG, 'a')
  spawn('multipathd', ['-d', '-s'], { stdio: ['ignore', log, log], detached: true }).unref()
  closeSync(log)
}
export async function stopMultipathd(): Promise<void> {
  if (underSystemd) {
    await must(['systemctl', 'stop', 'multipathd.socket', 'multipathd.service'])
    return
  }
  const pid = (await readFile(PID_FILE, 'utf8').catch(() => '')).trim()
  if (pid === '' || !(await listens())) return
  for (const signal of ['SIGCONT', 'SIGTERM'] as const) process.kill(Number(pid), signal) // it may be paused
  await until(async () => !(await listens()), 'multipathd ends')
}
export async function pauseMultipathd(): Promise<() => Promise<void>> {
  const pid = Number((await readFile(PID_FILE, 'utf8')).trim())
  process.kill(pid, 'SIGSTOP')
  return () => {
    process.kill(pid, 'SIGCONT')
    return Promise.resolve()
  }
}
export async function tellMultipathd(command: string): Promise<string> {
  return (await must(['multipathd', ...command.split(' ')])).trim()
}
/** Deletes the records of former maps, so that the state is as after the installation. */
export async function forgetMultipath(): Promise<void> {
  await stopMultipathd()
  for (const file of [CONFIGURATION, '/etc/multipath/wwids', '/etc/multipath/bindings', '/run/multipath/failed_wwids'])
    await rm(file, { recursive: true, force: true })
}
async function listens(): Promise<boolean> {
  return (await readFile('/proc/net/unix', 'latin1')).includes(SOCKET)
}
export async function multipathdLog(): Promise<string> {
  return await readFile(LOG, 'utf8').catch(() => '')
}

/** By the live table. */
export async function isQueueing(map: string): Promise<boolean> {
  return (await must(['dmsetup', 'table', map])).includes('queue_if_no_path')
}
/** By the kernel's status line, where each path is `8:16 A …` or `8:16 F …`. */
export async function mapsSeen(): Promise<MapSeen[]> {
  const found: MapSeen[] = []
  for (const name of (await readdir('/sys/block')).filter((each) => each.startsWith('dm-'))) {
    const attribute = async (file: string) => (await readFile(`/sys/block/${name}/dm/${file}`, 'utf8').catch(() => '')).trim()
    const uuid = await attribute('uuid')
    if (!uuid.startsWith('mpath-')) continue
    const mapName = await attribute('name')
    const { stdout } = await run(['dmsetup', 'status', mapName])
    const words = stdout.trim().split(/\s+/)
    const paths = words.flatMap((word, index) => {
      const state = words[index + 1]
      return /^\d+:\d+$/.test(word) && (state === 'A' || state === 'F')
        ? [{ device: word, state: state === 'A' ? ('active' as const) : ('failed' as const) }]
        : []
    })
    const named = await Promise.all(
      paths.map(async ({ device, state }) => ({ device: (await readlink(`/sys/dev/block/${device}`)).split('/').at(-1) ?? device, state })),
    )
    found.push({ name: mapName, uuid, paths: named.sort((a, b) => (a.device < b.device ? -1 : 1)) })
  }
  return found.sort((a, b) => (a.name < b.name ? -1 : 1))
}
