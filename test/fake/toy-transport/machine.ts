/** The fake machine's part of the toy transport: one adapter with a few ports. The kernel scans each port by itself. */
import type { FakeHost, ModelContext, Nexus } from '../../../lib/testing/index.js'

export const TARGET = 'naa.5000000000000011'
/** Directories of ports, with the attributes `name` (of the target), `state`, `channel` and `target_id`. */
export const PORTS = '/sys/class/toy_port'
/** The kernel scans one port after another, this long apart. */
export const KERNEL_SCAN_MS = 500
/** The kernel waits this long for a port that is down. After that, commands to its disks fail. */
const LOSS_MS = 5000
const ADAPTER = '/sys/devices/pci0000:00/0000:00:1f.0'
const TARGET_ID = 3

export interface ToyMachine {
  /** From now on the LUN is this volume, or nothing, at these ports. The kernel is not notified. */
  readonly map: (lun: number, volume: string | undefined, at?: readonly string[]) => void
  /** Unplugs a cable, or plugs it in again. */
  readonly plug: (port: string, up: boolean) => void
}

/** Adds the adapter to this boot of the machine and to all later boots. */
export function addToyPorts(host: FakeHost, names: readonly string[]): ToyMachine {
  const volumes = new Map<string, string | undefined>()
  const down = new Set<string>()
  let boot: { readonly machine: ModelContext; readonly ports: readonly Nexus[] } | undefined
  host.extend((machine) => {
    const { base, scsi, storage } = machine
    const adapter = scsi.addHost(ADAPTER, { proc_name: 'toy' })
    const ports = names.map((name, channel): Nexus => {
      const directory = `${adapter.directory}/${name}`
      const shown = { name: TARGET, channel, target_id: TARGET_ID }
      for (const [file, value] of Object.entries(shown)) base.tree.file(`${directory}/${file}`, String(value))
      base.tree.file(`${directory}/state`, () => (down.has(name) ? 'offline' : 'online'))
      base.tree.relativeLink(`${PORTS}/${name}`, directory)
      return {
        host: adapter,
        channel,
        targetId: TARGET_ID,
        directory,
        names: { protocol: 6, target: TARGET, hostAdapter: 'toy', targetPort: name },
        ready: () => !down.has(name),
        answers: () => !down.has(name),
        luns: () => [...volumes.keys()].filter((key) => key.startsWith(`${name} `)).map((key) => Number(key.split(' ')[1])),
        volumeAt: (lun) => {
          const volume = volumes.get(`${name} ${lun}`)
          return volume === undefined ? undefined : storage.volumeNamed(volume)
        },
      }
    })
    for (const [index, port] of ports.entries()) {
      scsi.addNexus(port)
      void scsi.scanAll(port, KERNEL_SCAN_MS * (index + 1))
    }
    boot = { machine, ports }
  })
  return {
    map: (lun, volume, at = names) => {
      for (const name of at) volumes.set(`${name} ${lun}`, volume)
    },
    plug: (name, up) => {
      const port = boot?.ports[names.indexOf(name)]
      if (boot === undefined || port === undefined) throw new Error(`no port ${name}`)
      if (up) down.delete(name)
      else down.add(name)
      const { scsi, base } = boot.machine
      scsi.setState(port, up ? 'running' : 'blocked')
      scsi.changed(port)
      base.uevents.kernel('change', port.directory, 'toy_port')
      if (up) void scsi.scanAll(port, KERNEL_SCAN_MS)
      base.after(LOSS_MS, () => {
        if (!down.has(name)) return
        scsi.setState(port, 'transport-offline')
        scsi.changed(port)
      })
    },
  }
}
