/** The kernel's NVMe target over TCP, through configfs, and another program that connects to it. */
import { mkdir, open, readdir, readFile, rm, rmdir, symlink, unlink, writeFile } from 'node:fs/promises'
import { createServer, type Server, type Socket } from 'node:net'
import { namespaceUuid } from '../../../lib/testing/nvme/targets.js'
import { type NvmeStorage, PAIR } from '../nvme.js'
import { until } from './guest.js'
import { fileOf } from './lio.js'
import { must } from './shell.js'

const ROOT = '/sys/kernel/config/nvmet'
const CONTROLLERS = '/sys/class/nvme'
const NAMES = ['/etc/nvme/hostnqn', '/etc/nvme/hostid']
const PATIENCE_MS = 90_000
/** As of FakeHost (lib/testing/nvme/nvme-sysfs.ts). */
const SERIAL = 'fa1e5e71a1'
/** ICResp of NVMe/TCP: PDU type, flags, header length, offset of data, length of the PDU; version 1.0, no digests, data of 128 KiB. */
const RESPONSE = Buffer.from([0x01, 0, 128, 0, 128, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, ...new Uint8Array(112)])

export class Nvmet implements NvmeStorage {
  /** Numbers of ports, by portal. */
  readonly #ports = new Map<string, number>()
  readonly #addAddress: (portal: string) => Promise<void>
  readonly #greeters: Server[] = []
  readonly #greeted = new Set<Socket>()
  #names: readonly (string | undefined)[] | undefined

  constructor(addAddress: (portal: string) => Promise<void>) {
    this.#addAddress = addAddress
  }
  readonly subsystem: NvmeStorage['subsystem'] = async ({ nqn, portals, namespaces, group = 1, hosts }) => {
    await must(['modprobe', '-a', 'nvmet', 'nvmet-tcp', 'nvme-tcp'])
    const place = subsystemOf(nqn)
    await mkdir(place)
    await writeFile(`${place}/attr_serial`, SERIAL)
    await writeFile(`${place}/attr_allow_any_host`, hosts === undefined ? '1' : '0')
    for (const host of hosts ?? []) {
      await mkdir(`${ROOT}/hosts/${host}`, { recursive: true })
      await symlink(`${ROOT}/hosts/${host}`, `${place}/allowed_hosts/${host}`)
    }
    for (const portal of portals) {
      const port = await this.#port(portal)
      if (group !== 1) await mkdir(`${port}/ana_groups/${group}`, { recursive: true })
    }
    for (const [nsid, volume] of Object.entries(namespaces)) await addNamespace(nqn, Number(nsid), volume, group)
    for (const portal of portals) await symlink(place, `${await this.#port(portal)}/subsystems/${nqn}`)
  }
  readonly removeSubsystem: NvmeStorage['removeSubsystem'] = async (nqn) => {
    const place = subsystemOf(nqn)
    for (const port of await names(`${ROOT}/ports`)) {
      if ((await names(`${ROOT}/ports/${port}/subsystems`)).includes(nqn)) await unlink(`${ROOT}/ports/${port}/subsystems/${nqn}`)
    }
    for (const nsid of await names(`${place}/namespaces`)) await removeNamespace(nqn, Number(nsid))
    for (const host of await names(`${place}/allowed_hosts`)) await unlink(`${place}/allowed_hosts/${host}`)
    await rmdir(place)
  }
  readonly map: NvmeStorage['map'] = async (nqn, nsid, volume) => {
    const group = 1
    if ((await names(`${subsystemOf(nqn)}/namespaces`)).includes(String(nsid))) await changeNamespace(nqn, nsid, volume)
    else await addNamespace(nqn, nsid, volume, group)
  }
  readonly unmap: NvmeStorage['unmap'] = async (nqn, nsid) => {
    await removeNamespace(nqn, nsid)
  }
  readonly revalidate: NvmeStorage['revalidate'] = async (nqn, nsid) => {
    await writeFile(`${subsystemOf(nqn)}/namespaces/${nsid}/revalidate_size`, '1')
  }
  readonly ana: NvmeStorage['ana'] = async (_nqn, portal, group, state) => {
    await writeFile(`${await this.#port(portal)}/ana_groups/${group}/ana_state`, state)
  }
  readonly greeter: NvmeStorage['greeter'] = async (_nqn, portal) => {
    await this.#addAddress(portal)
    const { address, port } = parse(portal)
    const server = createServer((socket) => {
      this.#greeted.add(socket)
      socket.on('error', () => undefined).once('data', () => void socket.write(RESPONSE))
    })
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(Number(port), address, resolve))
    server.unref()
    this.#greeters.push(server)
  }
  readonly connect: NvmeStorage['connect'] = async (nqn, portal) => {
    const { address, port } = parse(portal)
    const words = ['transport=tcp', `traddr=${address}`, `trsvcid=${port}`, `nqn=${nqn}`, `hostnqn=${PAIR.nqn}`, `hostid=${PAIR.id}`]
    await must(['modprobe', 'nvme-tcp'])
    await using fabrics = await open('/dev/nvme-fabrics', 'r+')
    await fabrics.write(words.join(','))
    const answer = (await fabrics.read(Buffer.alloc(64), 0, 64, 0)).buffer.toString('latin1')
    const instance = /^instance=(\d+),/.exec(answer)?.[1]
    if (instance === undefined) throw new Error(`The kernel answered ${JSON.stringify(answer)}`)
    await must(['udevadm', 'settle', '--timeout=30'])
    return `nvme${instance}`
  }
  readonly disconnect: NvmeStorage['disconnect'] = async (controller) => {
    await writeFile(`${CONTROLLERS}/${controller}/delete_controller`, '1').catch(() => undefined) // another may delete it at this moment
  }

  async start(): Promise<void> {
    this.#names = await Promise.all(NAMES.map((file) => readFile(file, 'utf8').catch(() => undefined)))
  }
  /** Ends all controllers, and removes all subsystems and ports. */
  async removeAll(): Promise<void> {
    for (const server of this.#greeters.splice(0)) server.close()
    for (const socket of this.#greeted) socket.destroy()
    this.#greeted.clear()
    await until(
      async () => {
        const left = await names(CONTROLLERS)
        await Promise.all(left.map((name) => this.disconnect(name)))
        return left.length === 0
      },
      'no NVMe controller is left',
      PATIENCE_MS,
    )
    for (const nqn of await names(`${ROOT}/subsystems`)) await this.removeSubsystem(nqn)
    for (const port of await names(`${ROOT}/ports`)) {
      for (const group of await names(`${ROOT}/ports/${port}/ana_groups`))
        if (group !== '1') await rmdir(`${ROOT}/ports/${port}/ana_groups/${group}`)
      await rmdir(`${ROOT}/ports/${port}`)
    }
    for (const host of await names(`${ROOT}/hosts`)) await rmdir(`${ROOT}/hosts/${host}`)
    this.#ports.clear()
    for (const [index, file] of NAMES.entries()) {
      const text = this.#names?.[index]
      if (text === undefined) await rm(file, { force: true })
      else await writeFile(file, text)
    }
  }
  async #port(portal: string): Promise<string> {
    const known = this.#ports.get(portal)
    if (known !== undefined) return `${ROOT}/ports/${known}`
    await this.#addAddress(portal)
    const number = this.#ports.size + 1
    this.#ports.set(portal, number)
    const place = `${ROOT}/ports/${number}`
    await mkdir(place)
    const { family, address, port } = parse(portal)
    const settings = { addr_trtype: 'tcp', addr_adrfam: family, addr_traddr: address, addr_trsvcid: port }
    for (const [name, value] of Object.entries(settings)) await writeFile(`${place}/${name}`, value)
    return place
  }
}

/** Files on a tmpfs have no direct I/O. */
async function addNamespace(nqn: string, nsid: number, volume: string, group: number): Promise<void> {
  const place = `${subsystemOf(nqn)}/namespaces/${nsid}`
  await mkdir(place)
  await writeFile(`${place}/buffered_io`, '1')
  if (group !== 1) await writeFile(`${place}/ana_grpid`, String(group))
  await setNamespace(place, volume)
}
/** A namespace takes another volume and identity only while it is disabled. */
async function changeNamespace(nqn: string, nsid: number, volume: string): Promise<void> {
  const place = `${subsystemOf(nqn)}/namespaces/${nsid}`
  await writeFile(`${place}/enable`, '0')
  await setNamespace(place, volume)
}
async function setNamespace(place: string, volume: string): Promise<void> {
  await writeFile(`${place}/device_path`, fileOf(volume))
  await writeFile(`${place}/device_uuid`, namespaceUuid(volume))
  await writeFile(`${place}/enable`, '1')
}
async function removeNamespace(nqn: string, nsid: number): Promise<void> {
  const place = `${subsystemOf(nqn)}/namespaces/${nsid}`
  await writeFile(`${place}/enable`, '0')
  await rmdir(place)
}
function subsystemOf(nqn: string): string {
  return `${ROOT}/subsystems/${nqn}`
}
async function names(directory: string): Promise<string[]> {
  return await readdir(directory).catch(() => [])
}
/** `10.99.1.1:4420`, `[fd99::1]:4420` */
function parse(portal: string): { readonly family: 'ipv4' | 'ipv6'; readonly address: string; readonly port: string } {
  const match = /^(?:\[(.+)\]|([^:]+)):([0-9]+)$/.exec(portal)
  const address = match?.[1] ?? match?.[2]
  if (address === undefined) throw new Error(`Not a portal: ${portal}`)
  return { family: match?.[1] === undefined ? 'ipv4' : 'ipv6', address, port: match?.[3] ?? '' }
}
