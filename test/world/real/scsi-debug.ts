/** Disks that the kernel simulates (drivers/scsi/scsi_debug.c). They fail, delay and change on command. */
import { existsSync } from 'node:fs'
import { readdir, writeFile } from 'node:fs/promises'
import { until } from './guest.js'
import { must } from './shell.js'

const DRIVER = '/sys/bus/pseudo/drivers/scsi_debug'

export interface DebugDisk {
  /** `sdb` */
  readonly name: string
  readonly sg: string
  /** `/sys/bus/scsi/devices/4:0:0:0` */
  readonly directory: string
}
export interface DebugHost extends AsyncDisposable {
  /** In the order of their LUNs. */
  disks(): Promise<readonly DebugDisk[]>
  /** A parameter of the driver: `opts`, `every_nth`, `delay` (jiffies), `virtual_gb`. */
  tell(parameter: string, value: string): Promise<void>
  /** Makes the SCSI host scan for missing disks. */
  scan(): Promise<void>
}

/** @param parameters of the module, as in `max_luns=4` */
export async function debugDisks(count: number, ...parameters: readonly string[]): Promise<DebugHost> {
  await must(['modprobe', 'scsi_debug', 'dev_size_mb=8', 'num_tgts=1', `max_luns=${count}`, ...parameters])
  const [adapter = ''] = (await readdir('/sys/bus/pseudo/devices')).filter((name) => name.startsWith('adapter'))
  const [host = ''] = (await readdir(`/sys/bus/pseudo/devices/${adapter}`)).filter((name) => /^host\d+$/.test(name))
  const number = host.slice('host'.length)
  // EBUSY while a command is in progress, for example of udev.
  const tell = (parameter: string, value: string) =>
    until(
      () =>
        writeFile(`${DRIVER}/${parameter}`, value).then(
          () => true,
          (error: unknown) => {
            if ((error as NodeJS.ErrnoException).code === 'EBUSY') return false
            throw error
          },
        ),
      `scsi_debug takes ${parameter}=${value}`,
    )
  const disks = async () => {
    const names = (await readdir('/sys/bus/scsi/devices')).filter((name) => name.startsWith(`${number}:`) && /^\d+(:\d+){3}$/.test(name))
    const found = await Promise.all(names.sort((a, b) => lunOf(a) - lunOf(b)).map((name) => diskAt(`/sys/bus/scsi/devices/${name}`)))
    return found.filter((disk) => disk !== undefined)
  }
  await until(async () => (await disks()).length === count, `${count} disks of scsi_debug`, 90_000)
  return {
    disks,
    tell,
    scan: () => writeFile(`/sys/class/scsi_host/${host}/scan`, '- - -'),
    [Symbol.asyncDispose]: async () => {
      await tell('every_nth', '0')
      await tell('opts', '0')
      await must(['udevadm', 'settle', '--timeout=60'])
      await until(
        () =>
          must(['modprobe', '-r', 'scsi_debug']).then(
            () => true,
            () => false,
          ),
        'scsi_debug is unloaded',
      )
    },
  }
}
const lunOf = (hctl: string) => Number(hctl.split(':')[3])

/** `undefined` until both of its nodes exist. */
async function diskAt(directory: string): Promise<DebugDisk | undefined> {
  const first = async (of: string) => (await readdir(`${directory}/${of}`).catch(() => []))[0]
  const [name, sg] = [await first('block'), await first('scsi_generic')]
  if (name === undefined || sg === undefined || !existsSync(`/dev/${name}`) || !existsSync(`/dev/${sg}`)) return undefined
  return { name, sg: `/dev/${sg}`, directory }
}
