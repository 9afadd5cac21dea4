/**
 * A SCSI transport that exists only in this test. The fake kernel scans it by itself; udev, multipathd and users treat its disks like
 * others.
 */
import { expect, test } from 'vitest'

import { FakeHost, type FakeHostOptions, type ModelContext, type Nexus } from '../../../lib/testing/index.js'
import { ask, known, maps, statusLine } from './mapped.js'
import { inquiry, scan, signal, tell } from './stage.js'

const ADAPTER = '/sys/devices/pci0000:00/0000:00:1f.0'
const KERNEL_SCAN_MS = 500
const wires = ['left', 'right'] as const

/** The transport from the view of a test, in every boot. */
interface Toy {
  readonly host: FakeHost
  /** The machine in its current boot. */
  readonly machine: () => ModelContext
  readonly nexus: (wire: number) => Nexus
  /** Unplugs a wire, or plugs it in again. */
  readonly plug: (wire: number, up: boolean) => void
}

/** One adapter with two nexuses to one target, whose LUNs the kernel scans by itself, half a second apart. */
function toy(options: FakeHostOptions = {}, luns: Readonly<Record<number, string>> = { 1: 'one' }): Toy {
  const host = new FakeHost({ iscsid: false, ...options })
  host.storage.volume('one', { content: 'ext4' })
  host.storage.volume('two')
  const down = new Set<number>()
  let current: { readonly machine: ModelContext; readonly nexuses: readonly Nexus[] } | undefined
  host.extend((machine) => {
    const { base, scsi, storage } = machine
    const adapter = scsi.addHost(ADAPTER, { proc_name: 'toy' })
    const nexuses = wires.map((wire, channel): Nexus => {
      const directory = `${adapter.directory}/${wire}`
      base.tree.file(`${directory}/wire`, wire)
      return {
        host: adapter,
        channel,
        targetId: 3,
        directory,
        names: { protocol: 6, target: `naa.50000000000000${channel}1`, hostAdapter: 'toy', targetPort: `0x500000000000000${channel}` },
        ready: () => !down.has(channel),
        answers: () => !down.has(channel),
        luns: () => Object.keys(luns).map(Number),
        volumeAt: (lun) => (luns[lun] === undefined ? undefined : storage.volumeNamed(luns[lun])),
      }
    })
    for (const [channel, nexus] of nexuses.entries()) {
      scsi.addNexus(nexus)
      void scsi.scanAll(nexus, KERNEL_SCAN_MS * (channel + 1))
    }
    current = { machine, nexuses }
  })
  const now = () => {
    if (current === undefined) throw new Error('no boot')
    return current
  }
  const nexus = (wire: number): Nexus => {
    const found = now().nexuses[wire]
    if (found === undefined) throw new Error(`no wire ${wire}`)
    return found
  }
  const plug = (wire: number, up: boolean): void => {
    if (up) down.delete(wire)
    else down.add(wire)
    const { scsi } = now().machine
    scsi.setState(nexus(wire), up ? 'running' : 'blocked')
    scsi.changed(nexus(wire))
  }
  return { host, machine: () => now().machine, nexus, plug }
}
const hctls = (host: FakeHost) => host.names('/sys/class/scsi_device')

test('the kernel scans all LUNs of each nexus by itself, without a write to scan', async () => {
  const { host } = toy({}, { 7: 'one', 2: 'two' })
  await host.clock.advance(KERNEL_SCAN_MS - 1)
  expect(hctls(host)).toEqual([])
  await host.clock.advance(100)
  expect(hctls(host)).toEqual(['0:0:3:2', '0:0:3:7'])
  await host.clock.advance(KERNEL_SCAN_MS)
  expect(hctls(host)).toEqual(['0:0:3:2', '0:0:3:7', '0:1:3:2', '0:1:3:7'])
  expect(host.real('/sys/class/block/sda')).toBe(`${ADAPTER}/host0/left/target0:0:3/0:0:3:2/block/sda`)
  expect(host.names('/sys/bus/scsi/devices').slice(4)).toEqual(['host0', 'target0:0:3', 'target0:1:3'])
  expect(host.text('/sys/class/scsi_host/host0/proc_name')).toBe('toy')
  expect(host.trace.filter(({ call }) => call === 'kernel.write')).toEqual([])
  host.verify()
})

test('the disk shows its volume, and the name of its own target in page 83', async () => {
  const { host } = toy()
  await host.clock.advance(KERNEL_SCAN_MS + 100)
  const page = Buffer.from((await inquiry(host, 0x83)).data)
  const wwid = host.text('/sys/block/sda/device/wwid') ?? ''
  expect(page.toString('hex')).toContain(wwid.slice('naa.'.length))
  expect(page.toString('latin1')).toContain('naa.5000000000000001,t,0x0001')
  expect((await host.kernel.readDirect('/dev/sda', 1080, 2, signal)).join()).toBe('83,239')
  expect(host.volumesBehind('/dev/sda')).toEqual(['one'])
})

test('udev describes the disk, and a mount keeps others from holding it', async () => {
  const { host } = toy()
  await host.clock.advance(KERNEL_SCAN_MS + 200)
  expect([known(host, 'sda', 'ID_FS_TYPE'), known(host, 'sda', 'ID_SERIAL')]).toEqual(['ext4', expect.stringMatching(/^36001405/)])
  const mount = host.users.mount('/dev/sda')
  await expect(host.kernel.hold('/dev/sda', signal)).resolves.toBe('busy')
  mount.unmount()
  await expect(host.kernel.hold('/dev/sda', signal)).resolves.not.toBe('busy')
})

test('multipathd makes a map of the paths, shows their names, and follows the state of each wire', async () => {
  const { host, plug } = toy({ multipathd: 'running', findMultipaths: 'yes' })
  await host.clock.advance(2 * KERNEL_SCAN_MS + 500)
  const wwid = known(host, 'sda', 'ID_SERIAL') ?? ''
  expect(maps(host)).toEqual([wwid])
  expect(host.volumesBehind('/dev/dm-0')).toEqual(['one', 'one'])
  const shown = await ask(host, `show map ${wwid} json`)
  expect(shown).toContain('"host_adapter": "toy"')
  expect(shown).toContain('"target_wwpn": "0x5000000000000001"')
  expect(shown).toContain('"target_wwnn": "[undef]"')
  plug(0, false)
  expect(host.text('/sys/block/sda/device/state')).toBe('blocked')
  await host.clock.advance(10_000)
  expect(await statusLine(host, wwid)).toContain('8:0 A 0')
  await tell(host, 'state', 'offline', '0:1:3:1')
  await host.clock.advance(10_000)
  expect(await statusLine(host, wwid)).toContain('8:16 F 1')
  await tell(host, 'state', 'running', '0:1:3:1')
  plug(0, true)
  await host.clock.advance(10_000)
  expect(await statusLine(host, wwid)).toContain('8:16 A 1')
})

test('I/O waits while the transport is blocked, and fails when the kernel gives it up', async () => {
  const { host, machine, nexus, plug } = toy()
  await host.clock.advance(KERNEL_SCAN_MS + 100)
  plug(0, false)
  const outcome = host.kernel.readDirect('/dev/sda', 0, 512, signal).then(
    () => 'read',
    () => 'failed',
  )
  let ended = false
  void outcome.then(() => (ended = true))
  await host.clock.advance(30_000)
  expect(ended).toBe(false)
  machine().scsi.setState(nexus(0), 'transport-offline')
  machine().scsi.changed(nexus(0))
  await expect(outcome).resolves.toBe('failed')
})

test('a write to scan reaches the nexuses that it names, and finds deleted disks again', async () => {
  const { host } = toy()
  await host.clock.advance(2 * KERNEL_SCAN_MS + 100)
  for (const hctl of ['0:0:3:1', '0:1:3:1']) await tell(host, 'delete', '1', hctl)
  expect(hctls(host)).toEqual([])
  await scan(host, '0 2 1')
  await scan(host, '2 3 1')
  expect(hctls(host)).toEqual([])
  await scan(host, '1 3 1')
  expect(hctls(host)).toEqual(['0:1:3:1'])
  await scan(host, '- - -')
  expect(hctls(host)).toEqual(['0:0:3:1', '0:1:3:1'])
})

test('removing a nexus removes its disks, and no scan brings them back', async () => {
  const { host, machine, nexus } = toy()
  await host.clock.advance(2 * KERNEL_SCAN_MS + 100)
  void machine().scsi.removeNexus(nexus(0))
  await host.clock.advance(100)
  expect(hctls(host)).toEqual(['0:1:3:1'])
  void machine().scsi.scanAll(nexus(0))
  await scan(host, '- - -')
  await host.clock.advance(1_000)
  expect(hctls(host)).toEqual(['0:1:3:1'])
  void machine().scsi.removeNexus(nexus(1))
  await host.clock.advance(100)
  machine().scsi.removeHost(nexus(1).host)
  expect([host.names('/sys/class/scsi_host'), host.names('/sys/bus/scsi/devices'), host.real(`${ADAPTER}/host0`)]).toEqual([
    [],
    [],
    undefined,
  ])
  expect(() => machine().scsi.addNexus(nexus(0))).toThrow('the SCSI host 0, which does not exist')
})

test('a model is called again at each boot, and its kernel scans start again', async () => {
  const { host } = toy()
  await host.clock.advance(100)
  const next = host.reboot()
  await next.clock.advance(KERNEL_SCAN_MS - 1)
  expect(hctls(next)).toEqual([])
  await next.clock.advance(KERNEL_SCAN_MS + 100)
  expect(hctls(next)).toEqual(['0:0:3:1', '0:1:3:1'])
})

test('a model is told of changes of the storage side until the machine is switched off', () => {
  const host = new FakeHost()
  const heard: number[] = []
  let boots = 0
  host.extend(({ onStorageChange }) => {
    const boot = (boots += 1)
    onStorageChange(() => heard.push(boot))
  })
  host.storage.portal('10.99.1.1:3260', 'drop')
  host.reboot()
  host.storage.portal('10.99.1.1:3260', 'open')
  expect(heard).toEqual([1, 2])
})
