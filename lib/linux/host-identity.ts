/** The identity of a host, without the names that its connectors bring. */
import type { HostIdentity } from '../api/identity.js'
import { isBrickworkError } from '../core/errors.js'
import { readFcPorts } from './fc/ports.js'
import type { HostFacts } from './host-facts.js'
import { moduleState } from './kernel-module.js'
import { multipathdRuns } from './multipath/process.js'
import { readNvmeHost } from './nvme/host-name.js'
import { readHostAddresses } from './own-addresses.js'
import { readRootUuid } from './root-filesystem.js'

const BOOT_ID = '/proc/sys/kernel/random/boot_id'
const MACHINE_ID = '/etc/machine-id'
/** Of machine-id(5): the machine has not completed its first boot. */
const NO_ID_YET = 'uninitialized'
const PROGRAMS = ['/usr/bin', '/usr/sbin', '/usr/local/bin', '/usr/local/sbin']

export async function readHostIdentity(facts: HostFacts): Promise<Omit<HostIdentity, 'iscsi' | 'unseen'>> {
  const [hostname, machineId, bootId, systemUuid, rootFilesystemUuid, os, kernel] = await Promise.all([
    readHostName(facts),
    readMachineId(facts),
    facts.text(BOOT_ID),
    facts.text('/sys/class/dmi/id/product_uuid'),
    readRootUuid(facts),
    readOsName(facts),
    facts.text('/proc/sys/kernel/osrelease'),
  ])
  const [nvme, ports, addresses, rbd, daemon] = await Promise.all([
    readNvmeHost(facts, { systemUuid, machineId, kernel }),
    readFcPorts(facts),
    readHostAddresses(facts),
    readRbd(facts, kernel),
    daemonRuns(facts),
  ])
  return {
    ...present({ hostname, machineId, bootId, systemUuid, rootFilesystemUuid }),
    architecture: facts.host.architecture,
    ...present({ os, kernel, nvme }),
    ...(ports.length === 0 ? {} : { fc: { ports } }),
    addresses,
    rbd,
    ...(daemon === undefined ? {} : { multipath: { daemon } }),
  }
}

/**
 * The kernel shows each process the host name of its own UTS namespace. In a container that is the container's, so the file of the host
 * counts there.
 */
async function readHostName(facts: HostFacts): Promise<string | undefined> {
  const [own, ofHost] = await Promise.all([facts.link('/proc/self/ns/uts'), facts.link('/proc/1/ns/uts')])
  const isOwn = own !== undefined && ofHost !== undefined && own !== ofHost
  const configured = isOwn ? await facts.line('/etc/hostname') : undefined
  return configured ?? (await facts.text('/proc/sys/kernel/hostname'))
}
async function readMachineId(facts: HostFacts): Promise<string | undefined> {
  const id = await facts.text(MACHINE_ID)
  return id === NO_ID_YET ? undefined : id
}

/** `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`, of the first of the files of os-release(5). */
async function readOsName(facts: HostFacts): Promise<string | undefined> {
  const text = (await facts.text('/etc/os-release')) ?? (await facts.text('/usr/lib/os-release'))
  const name = /^PRETTY_NAME=(["']?)(.*)\1[ \t]*$/m.exec(text ?? '')?.[2]?.replaceAll(/\\(.)/g, '$1')
  return name === '' ? undefined : name
}

async function readRbd(facts: HostFacts, kernel: string | undefined): Promise<HostIdentity['rbd']> {
  const [state, tool] = await Promise.all([
    moduleState(facts, kernel, 'rbd', 'drivers/block'),
    facts.exists(...PROGRAMS.map((directory) => `${directory}/rbd`)),
  ])
  return { module: state, tool }
}

/** `undefined` if it can't be determined: without a pid file, the processes of the host must be listed by the native part. */
async function daemonRuns(facts: HostFacts): Promise<boolean | undefined> {
  try {
    return await multipathdRuns(facts.host)
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_NATIVE_UNAVAILABLE') && !isBrickworkError(error, 'ERR_PERMISSION')) throw error
    facts.note('whether multipathd runs')
    return undefined
  }
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> }
/** The fields that have a value. */
function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>
}
