/**
 * The command on a host in memory: a volume on four portals, of which the last refuses. `FAKE_ATTACHED` names attachments that are there
 * before. `FAKE_REPORT` names a file that says in the end what is on the host. With `FAKE_SLOW` the last portal drops packets instead, and
 * time passes at so many times the speed of real time.
 */
import { writeFileSync } from 'node:fs'

import { processIo } from '../../lib/cli/process-io.js'
import { run } from '../../lib/cli/run.js'
import { createAttacher } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

const IQN = 'iqn.2024-01.org.example:vol'
const TICK_MS = 20
const PORTALS = [1, 2, 3, 4].map((network) => `10.99.${network}.1:3260`)

async function main(): Promise<number> {
  const host = new FakeHost({ multipathd: 'running' })
  const ids = JSON.parse(process.env['FAKE_ATTACHED'] ?? '[]') as readonly string[]
  for (const id of ['vol-1', ...ids]) host.storage.volume(id, { sizeMb: 64 })
  const luns = Object.fromEntries(['vol-1', ...ids].map((id, index) => [index + 1, id]))
  host.storage.iscsi.target({ iqn: IQN, portals: PORTALS, luns })
  const speed = process.env['FAKE_SLOW']
  host.storage.portal(PORTALS[3] ?? '', speed === undefined ? 'refuse' : 'drop')
  const attacher = await createAttacher({ host })
  for (const [index, id] of ids.entries()) {
    const targets = PORTALS.map((portal) => ({ portal, iqn: IQN, lun: index + 2 }))
    await attacher.attach({ id, connection: { protocol: 'iscsi', targets } })
  }
  await attacher.close()
  const pace = speed === undefined ? undefined : keepPace(host, Number(speed))
  const code = await run(process.argv.slice(2), processIo(), host)
  clearInterval(pace)
  const report = process.env['FAKE_REPORT']
  const left = { journal: host.names('/var/lib/brickwork/attachments').length, sessions: host.names('/sys/class/iscsi_session').length }
  if (report !== undefined) writeFileSync(report, JSON.stringify(left))
  return code
}

/** Virtual time passes with real time. */
function keepPace({ clock }: FakeHost, speed: number): NodeJS.Timeout {
  clock.auto = false
  let [at, advanced] = [performance.now(), Promise.resolve()]
  return setInterval(() => {
    const now = performance.now()
    const ms = (now - at) * speed
    at = now
    advanced = advanced.then(() => clock.advance(ms))
  }, TICK_MS)
}

const alive = setInterval(() => undefined, 2 ** 31 - 1)
process.exitCode = await main()
clearInterval(alive)
