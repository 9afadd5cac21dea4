/** Other programs on the host: they log in with iscsiadm, mount, and keep devices open. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { type Mounted, WRITTEN_LATER_AT } from '../world.js'
import { until } from './guest.js'
import { portalOfSession, sessionsOf } from './leftovers.js'
import { must, run } from './shell.js'

const MOUNTS = '/run/lab-mounts'
const SLEEP = 'exec sleep 1000000'
const WRITEBACK = '/proc/sys/vm/dirty_writeback_centisecs'
const HOUR_CENTISECS = '360000'
const BLOCK = 4096

export interface Chap {
  readonly username: string
  readonly secret: string
}

export class People {
  readonly #undo = new Set<() => Promise<void>>()
  #count = 0

  /** Like a record from discovery: the portal's group is known. All settings are as shipped, so that a login scans everything. */
  async makeRecord(iqn: string, portal: string, chap?: Chap): Promise<void> {
    await node(iqn, `${portal},1`, '-o', 'new')
    if (chap === undefined) return
    const values = { authmethod: 'CHAP', username: chap.username, password: chap.secret }
    await node(
      iqn,
      portal,
      '-o',
      'update',
      ...Object.entries(values).flatMap(([key, value]) => ['-n', `node.session.auth.${key}`, '-v', value]),
    )
  }
  async logIn(iqn: string, portal: string, chap?: Chap): Promise<number> {
    await this.makeRecord(iqn, portal, chap)
    await node(iqn, portal, '--login')
    await must(['udevadm', 'settle', '--timeout=20'])
    for (const session of (await sessionsOf(iqn)).reverse()) if ((await portalOfSession(session)) === portal) return session
    throw new Error(`No session to ${iqn} at ${portal}`)
  }
  async logOut(iqn: string, portal: string): Promise<void> {
    for (const session of await sessionsOf(iqn)) {
      if ((await portalOfSession(session)) === portal) await must(['iscsiadm', '-m', 'session', '-r', String(session), '--logout'])
    }
    await node(iqn, portal, '-o', 'delete')
  }

  async scan(iqn: string, portal: string, lun: number): Promise<string> {
    for (const session of await sessionsOf(iqn)) {
      if ((await portalOfSession(session)) !== portal) continue
      const place = await realpath(`/sys/class/iscsi_session/session${session}`)
      const number = /\/host([0-9]+)\//.exec(place)?.[1] ?? ''
      await writeFile(`/sys/class/scsi_host/host${number}/scan`, `0 0 ${lun}`)
      let disk: string | undefined
      // The disk driver works asynchronously, after the scan.
      await until(async () => {
        disk = (await readdir(`/sys/bus/scsi/devices/${number}:0:0:${lun}/block`).catch(() => []))[0]
        return disk !== undefined
      }, `a disk at LUN ${lun} of session ${session}`)
      await must(['udevadm', 'settle', '--timeout=20'])
      return disk ?? ''
    }
    throw new Error(`No session to ${iqn} at ${portal}`)
  }

  async mount(device: string, { otherNamespace = false }: { readonly otherNamespace?: boolean } = {}): Promise<Mounted> {
    const mountPoint = `${MOUNTS}/${this.#count++}`
    await mkdir(mountPoint, { recursive: true })
    if (!otherNamespace) {
      await must(['mount', device, mountPoint])
      return { mountPoint, pid: undefined, unmount: this.undone(() => must(['umount', mountPoint])) }
    }
    const script = `mount ${device} ${mountPoint} && echo ready && ${SLEEP}`
    const child = await ready('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script])
    const unmount = this.undone(async () => {
      await must(['nsenter', `--mount=/proc/${child.pid}/ns/mnt`, 'umount', mountPoint])
      await end(child)
    })
    return { mountPoint, pid: child.pid, unmount }
  }
  async openRaw(device: string): Promise<{ readonly pid: number; close(): Promise<void> }> {
    const child = await ready('sh', ['-c', `exec 3<>${device} && echo ready && ${SLEEP}`])
    return { pid: child.pid ?? 0, close: this.undone(() => end(child)) }
  }
  /**
   * The kernel writes nothing to the volume by itself for an hour. With 0 it would write at once: a new device has no share of the dirty
   * pages, so that its first dirty page exceeds its share (fs/fs-writeback.c, wb_wakeup_delayed and wb_over_bg_thresh).
   */
  async writeLater(device: string, text: string): Promise<{ close(): Promise<void> }> {
    const before = (await readFile(WRITEBACK, 'utf8')).trim()
    await writeFile(WRITEBACK, HOUR_CENTISECS)
    const writing = `printf %s '${text}' | dd bs=${WRITTEN_LATER_AT} seek=1 conv=notrunc status=none >&3`
    const child = await ready('sh', ['-c', `exec 3<>${device} && ${writing} && echo ready && ${SLEEP}`])
    const close = this.undone(async () => {
      await end(child)
      await writeFile(WRITEBACK, before)
    })
    return { close }
  }
  async write(device: string, text: string): Promise<'written' | 'refused'> {
    const command = `printf %s '${text}' | dd of=${device} bs=${BLOCK} count=1 conv=notrunc,sync oflag=direct status=none`
    const { code } = await run(['sh', '-c', command])
    return code === 0 ? 'written' : 'refused'
  }
  async read(device: string, length: number): Promise<Uint8Array> {
    const count = Math.ceil(length / BLOCK)
    const bytes = await must(['dd', `if=${device}`, `bs=${BLOCK}`, `count=${count}`, 'iflag=direct', 'status=none'])
    return Buffer.from(bytes, 'latin1').subarray(0, length)
  }
  async readOnAndOn(device: string): Promise<'read' | 'failed'> {
    const { code } = await run(['dd', `if=${device}`, `bs=${BLOCK}`, 'count=1', 'iflag=direct', 'of=/dev/null'], { timeoutMs: 300_000 })
    return code === 0 ? 'read' : 'failed'
  }
  /** In a separate process, which may be stuck in the kernel for a long time. */
  async deleteDisk(hctl: string): Promise<void> {
    await must(['sh', '-c', `echo 1 > /sys/bus/scsi/devices/${hctl}/delete`], { timeoutMs: 300_000 })
  }
  /** lsblk ends with 32 if the device does not exist: then no file system is visible on it. */
  async fsType(device: string): Promise<string> {
    return (await run(['lsblk', '--nodeps', '-no', 'FSTYPE', device])).stdout.trim()
  }

  async suspend(map: string): Promise<() => Promise<void>> {
    await must(['dmsetup', 'suspend', '--noflush', '--nolockfs', map])
    return this.undone(() => must(['dmsetup', 'resume', map]))
  }

  /** Undoes all actions of the other programs. */
  async leave(): Promise<void> {
    for (const undo of [...this.#undo].reverse()) await undo()
  }
  /** Registers a function that `leave` calls, unless it was called before. */
  undone(undo: () => Promise<unknown>): () => Promise<void> {
    const once = async () => {
      if (this.#undo.delete(once)) await undo()
    }
    this.#undo.add(once)
    return once
  }
}

async function node(iqn: string, portal: string, ...words: string[]): Promise<void> {
  await must(['iscsiadm', '-m', 'node', '-T', iqn, '-p', portal, ...words])
}
/** Starts a process that prints `ready` and stays. */
async function ready(program: string, args: string[]): Promise<ChildProcess> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => (said += data.toString()))
  child.stderr.on('data', (data: Buffer) => (said += data.toString()))
  child.on('error', (error) => (said += error.message))
  await until(
    () => {
      if (child.exitCode !== null) throw new Error(`${program} ${args.join(' ')} ended with ${child.exitCode}: ${said.trim()}`)
      return Promise.resolve(said.includes('ready\n'))
    },
    `${program} ${args.join(' ')} is ready`,
  )
  return child
}
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await ended
}
