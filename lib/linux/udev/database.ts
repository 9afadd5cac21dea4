/** udev's device database (systemd: src/libsystemd/sd-device/device-private.c, device_update_db). It has one file for each device. */
import type { Host } from '../../core/host.js'

export interface UdevRecord {
  /** udev has run its rules for the device at least once (the `I:` line). */
  readonly initialized: boolean
  /**
   * When it did so, in microseconds of CLOCK_MONOTONIC (device_ensure_usec_initialized). Later events of the same device do not change it.
   */
  readonly initializedUs: number | undefined
  /** Links to the device, relative to `/dev`. */
  readonly links: readonly string[]
  readonly properties: ReadonlyMap<string, string>
}

/** `I:123456`, `E:ID_FS_TYPE=ext4`, `S:disk/by-id/…`, … */
export function parseUdevRecord(text: string): UdevRecord {
  const lines = text.split('\n')
  const properties = lines.flatMap((line) => {
    const match = /^E:([^=]+)=(.*)$/.exec(line)
    return match?.[1] === undefined ? [] : [[match[1], match[2] ?? ''] as const]
  })
  const links = lines.flatMap((line) => (line.startsWith('S:') ? [line.slice(2)] : []))
  const since = lines.find((line) => line.startsWith('I:'))?.slice(2)
  const initializedUs = since !== undefined && /^[0-9]+$/.test(since) ? Number(since) : undefined
  return { initialized: since !== undefined, initializedUs, links, properties: new Map(properties) }
}

/**
 * The disk sequence numbers in the record; for a partition, those of its disk. The rules of systemd 250 and later create this link for
 * disks. The rules of 256 also do so for device-mapper devices (60-persistent-storage.rules, 60-persistent-storage-dm.rules).
 */
export function diskseqsOf({ links }: UdevRecord): string[] {
  return links.flatMap((link) => /^disk\/by-diskseq\/([0-9]+)(?:-part[0-9]+)?$/.exec(link)?.[1] ?? [])
}

/** udev's record of a block device (`8:16`); `undefined` when there is none. */
export async function readUdevRecord(host: Host, device: string): Promise<UdevRecord | undefined> {
  const text = await host.files.read(`/run/udev/data/b${device}`)
  return text === undefined ? undefined : parseUdevRecord(text)
}

/** Reads the records of several devices in one go. */
export async function readUdevRecords(
  host: Host,
  devices: readonly string[],
  signal: AbortSignal,
): Promise<readonly (UdevRecord | undefined)[]> {
  const attributes = devices.map((device) => `b${device}`)
  const tree = await host.kernel.readTree({ root: '/run/udev/data', node: { attributes } }, signal)
  return attributes.map((name) => {
    const text = tree.text(name)
    return text === undefined ? undefined : parseUdevRecord(text)
  })
}

/** Whether udevd has unprocessed events: it keeps this file until it has processed all of them (src/udev/udevd.c, event_queue_insert). */
export async function udevIsBusy(host: Host): Promise<boolean> {
  return (await host.files.stat('/run/udev/queue')) !== undefined
}

/** Whether a udevd runs on the host. Does not connect to it, since a connection would start it. */
export async function udevRuns(host: Host): Promise<boolean> {
  return (await host.files.stat('/run/udev/control')) !== undefined
}
