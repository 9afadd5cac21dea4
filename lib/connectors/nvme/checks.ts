/** The doctor's checks of NVMe over TCP. A host without it has nothing to say. */
import { HostFacts } from '../../linux/host-facts.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import { readNvmePair } from '../../linux/nvme/host-name.js'
import { readControllers } from '../../linux/nvme/read.js'
import {
  type CheckContext,
  type Fact,
  type Finding,
  type HostCheck,
  note,
  ok,
  problem,
  seen,
  unknown,
  warning,
} from '../../operation/host-check.js'
import { installedModules } from '../../operation/module-check.js'
import { contradicting } from './host-pair.js'

const CORE = '/sys/module/nvme_core'
const DRIVER = '/sys/module/nvme_fabrics'
const NODE = '/dev/nvme-fabrics'
const PARAMETER = `${CORE}/parameters/multipath`
const FILES = ['/etc/nvme/hostnqn', '/etc/nvme/hostid']
const NONE = 'This host has no NVMe over Fabrics'

const controllers: Fact<readonly NvmeController[]> = async ({ host, signal }) =>
  (await readControllers(host, signal)).filter(({ transport }) => transport !== 'pcie')

export const nvmeChecks: readonly HostCheck[] = [
  {
    id: 'nvme.driver',
    group: 'nvme',
    title: 'the driver of NVMe over TCP is there, or can be loaded',
    reads: `\`${NODE}\`, \`/sys/module/nvme_tcp\`, \`modules.dep\``,
    run: driver,
  },
  {
    id: 'nvme.host-name',
    group: 'nvme',
    title: 'host NQN and host id are there, and every controller has them',
    reads: `${FILES.map((file) => `\`${file}\``).join(', ')}, \`hostnqn\` and \`hostid\` of each controller`,
    run: hostName,
  },
  {
    id: 'nvme.multipath',
    group: 'nvme',
    title: 'the kernel combines the paths of a namespace',
    reads: `\`${PARAMETER}\``,
    run: nativeMultipath,
  },
  {
    id: 'nvme.controllers',
    group: 'nvme',
    title: 'every controller over a network is live',
    reads: '`/sys/class/nvme/*/state`',
    run: states,
  },
]

async function driver({ host, once }: CheckContext): Promise<Finding> {
  const [isLoaded, hasNode] = await Promise.all([DRIVER, NODE].map(async (path) => (await host.files.stat(path)) !== undefined))
  if (isLoaded === true && hasNode === true) return ok('The driver is loaded', [seen(NODE, 'present')])
  if (isLoaded === true)
    return problem(
      'ERR_UNSUPPORTED',
      'The driver is loaded, and this process does not see its device node',
      [seen(NODE, undefined)],
      `Make ${NODE} of the host visible here`,
    )
  const { isThere, loadable, builtIn } = await once(installedModules)
  if (loadable.has('nvme_tcp') || builtIn.has('nvme_tcp'))
    return ok('nvme_tcp is installed, and is loaded when it is needed', [seen(NODE, undefined)])
  return isThere
    ? note(`${NONE}: nvme_tcp is not installed`, [seen(NODE, undefined)])
    : unknown('The modules of this kernel cannot be seen', [seen(NODE, undefined)])
}

async function hostName({ host, once }: CheckContext): Promise<Finding> {
  const texts = await Promise.all(FILES.map((file) => host.files.read(file)))
  const evidence = FILES.map((file, index) => seen(file, texts[index]?.trim()))
  const facts = new HostFacts(host)
  const pair = await readNvmePair(facts)
  const isUsed = texts.some((text) => text !== undefined) || (await host.files.stat(DRIVER)) !== undefined
  if (!isUsed) return ok(NONE, evidence)
  if (pair === undefined)
    return problem(
      'ERR_UNSUPPORTED',
      `This host has no NVMe host name: ${facts.unseen().join('; ')}`,
      evidence,
      `Write a host NQN to ${FILES.join(' and a UUID to ')} (nvme gen-hostnqn, uuidgen)`,
    )
  const other = contradicting(pair, await once(controllers))
  if (other !== undefined)
    return problem(
      'ERR_CONFLICT',
      `${other.name} is connected with another half of the pair: an attach is refused, since it would change that controller's host id, or the kernel would refuse it`,
      [...evidence, seen(`/sys/class/nvme/${other.name}`, `${other.hostNqn ?? '?'} ${other.hostId ?? '?'}`)],
      `Use one pair on this host: disconnect ${other.name} (nvme disconnect -d ${other.name}), or change the files`,
    )
  if (pair.source === 'files') return ok('Host NQN and host id are those of the files', evidence)
  return note(`Host NQN and host id are derived (${pair.source}), since a file is missing: nvme-cli may use other ones`, evidence)
}

async function nativeMultipath({ host }: CheckContext): Promise<Finding> {
  const value = (await host.files.read(PARAMETER))?.trim()
  const evidence = [seen(PARAMETER, value)]
  if ((await host.files.stat(CORE)) === undefined) return ok('nvme_core is not loaded', evidence)
  if (value === 'Y') return ok('The kernel combines the paths of a namespace', evidence)
  return warning(
    'The kernel does not combine the paths of a namespace: a volume has one path',
    evidence,
    'Load nvme_core with multipath=Y (/etc/modprobe.d, then the initramfs), and restart the host',
  )
}

async function states({ once }: CheckContext): Promise<Finding> {
  const all = await once(controllers)
  const bad = all.filter((controller) => !isLive(controller))
  if (bad.length === 0) return ok(all.length === 0 ? 'There is no controller over a network' : `${all.length} controllers are live`)
  return warning(
    `${bad.length} of ${all.length} controllers are not live`,
    bad.map(({ name, state, addressText }) => seen(`/sys/class/nvme/${name}/state`, `${state} (${addressText})`)),
    `Check the network and the portals of ${bad.map(({ addressText }) => addressText).join('; ')}`,
  )
}
