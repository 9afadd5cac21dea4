// node own-cost.mjs BUILT VOLUMES ROUNDS: the library's own cost of an attach over four paths on the modelled host. BUILT holds the built
// library.
// Prints JSON. The cost is processor time of this process, divided by the profiler's samples: a busy machine changes it little.
import { Session } from 'node:inspector/promises'

const [built = '', volumes = '1', rounds = '40'] = process.argv.slice(2)
const WARM = 20
const INTERVAL_US = 200
const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)
const IQN = 'iqn.2024-01.org.example:model'
const DELAYS = { login: 25, scan: 8, udev: 60, multipathd: 60 }
const LONG_MS = 3_600_000

/** @typedef {{ target(options: object): void }} Targets */
/** @typedef {{ storage: Targets & { volume(name: string): void, iscsi?: Targets } }} Host earlier builds have targets beside volumes */
/** @typedef {{ attach(request: object, call: object): Promise<unknown>, close(): Promise<void> }} Attacher */
/** @typedef {{ createAttacher: (this: void, options: object) => Promise<Attacher> }} Library */
/** @typedef {{ FakeHost: new (options: object) => Host }} Testing */
/** @param {string} name @returns {Promise<unknown>} */
const load = (name) => import(`${built}/lib/${name}`)
const { createAttacher } = /** @type {Library} */ (await load('index.js'))
const { FakeHost } = /** @type {Testing} */ (await load('testing/index.js'))

/** Without a log, as by default. Earlier builds had it in another file. */
const { silentLog } = /** @type {{ silentLog: object }} */ (await load('core/silent-log.js').catch(() => load('host/log.js')))

const names = Array.from({ length: Number(volumes) }, (_, index) => `v${index}`)

async function attachAll() {
  const host = new FakeHost({ multipathd: 'running', findMultipaths: 'greedy', delays: DELAYS })
  for (const name of names) host.storage.volume(name)
  const luns = Object.fromEntries(names.map((name, index) => [index + 1, name]))
  ;(host.storage.iscsi ?? host.storage).target({ iqn: IQN, portals: PORTALS, luns })
  const attacher = await createAttacher({ host, log: silentLog })
  const attach = (/** @type {string} */ id, /** @type {number} */ index) => {
    const targets = PORTALS.map((portal) => ({ portal, iqn: IQN, lun: index + 1 }))
    const policy = { multipath: 'require', paths: { min: 'all' } }
    return attacher.attach({ id, connection: { protocol: 'iscsi', targets }, policy }, { timeoutMs: LONG_MS })
  }
  await Promise.all(names.map(attach))
  await attacher.close()
}

for (let round = 0; round < WARM; round++) await attachAll()
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
await session.post('Profiler.start')
const before = process.cpuUsage()
for (let round = 0; round < Number(rounds); round++) await attachAll()
const { user } = process.cpuUsage(before)
const { profile } = await session.post('Profiler.stop')

const nodes = new Map(profile.nodes.map((node) => [node.id, node]))
const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id])))
/** Whether the innermost function of this repository belongs to the library and not to the fake host. @param {number} id */
function isOwn(id) {
  for (let at = /** @type {number | undefined} */ (id); at !== undefined; at = parents.get(at)) {
    const url = nodes.get(at)?.callFrame.url ?? ''
    if (url.includes('/lib/testing/')) return false
    if (url.includes(`${built}/lib/`)) return true
  }
  return false
}
const own = new Map(profile.nodes.map(({ id }) => [id, isOwn(id)]))
const samples = profile.samples ?? []
const share = samples.filter((id) => own.get(id) === true).length / samples.length
console.log(JSON.stringify({ ownMs: (user / 1000 / Number(rounds) / names.length) * share }))
