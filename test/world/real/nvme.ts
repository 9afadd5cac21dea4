/** The kernel's own NVMe target over TCP, by configfs, and connections to it by /dev/nvme-fabrics. */
import { mkdir, open, readdir, readFile, rmdir, symlink, unlink, writeFile } from 'node:fs/promises'
import { must } from './shell.js'

const ROOT = '/sys/kernel/config/nvmet'

/** Creates one subsystem with one namespace, on a port of 127.0.0.1 for each number. Returns a function that removes it. */
export async function makeSubsystem(nqn: string, device: string, ports: readonly number[]): Promise<() => Promise<void>> {
  for (const module of ['nvmet', 'nvmet-tcp', 'nvme-tcp']) await must(['modprobe', module])
  const subsystem = `${ROOT}/subsystems/${nqn}`
  await mkdir(`${subsystem}/namespaces/1`, { recursive: true })
  await writeFile(`${subsystem}/attr_allow_any_host`, '1')
  await writeFile(`${subsystem}/namespaces/1/device_path`, device)
  await writeFile(`${subsystem}/namespaces/1/enable`, '1')
  for (const port of ports) {
    const place = `${ROOT}/ports/${port}`
    await mkdir(place)
    const address = { addr_trtype: 'tcp', addr_adrfam: 'ipv4', addr_traddr: '127.0.0.1', addr_trsvcid: String(port) }
    for (const [name, value] of Object.entries(address)) await writeFile(`${place}/${name}`, value)
    await symlink(subsystem, `${place}/subsystems/${nqn}`)
  }
  return async () => {
    for (const port of ports) {
      await unlink(`${ROOT}/ports/${port}/subsystems/${nqn}`)
      await rmdir(`${ROOT}/ports/${port}`)
    }
    await writeFile(`${subsystem}/namespaces/1/enable`, '0')
    await rmdir(`${subsystem}/namespaces/1`)
    await rmdir(subsystem)
  }
}

export async function connect(nqn: string, port: number): Promise<void> {
  await using fabrics = await open('/dev/nvme-fabrics', 'r+')
  await fabrics.write(`nqn=${nqn},transport=tcp,traddr=127.0.0.1,trsvcid=${port}`)
}
export async function disconnectAll(): Promise<void> {
  for (const name of await readdir('/sys/class/nvme').catch(() => [])) await writeFile(`/sys/class/nvme/${name}/delete_controller`, '1')
}

interface Subsystem {
  readonly Name: string
  readonly NQN: string
  readonly Paths: readonly { readonly Name: string; readonly Transport: string; readonly Address: string; readonly State: string }[]
}
/** `nvme list-subsys`. Since 2.0 its document is an array of hosts. */
export async function subsystemsByTool(): Promise<readonly Subsystem[]> {
  const said = JSON.parse(await must(['nvme', 'list-subsys', '-o', 'json'])) as unknown
  const hosts = (Array.isArray(said) ? said : [said]) as { Subsystems?: Subsystem[] }[]
  return hosts.flatMap(({ Subsystems = [] }) => Subsystems)
}
export const readText = async (file: string) => (await readFile(file, 'latin1')).trim()
