/** Another host of the cluster, with its own initiator name and a persistent reservation by which only it may write (SPC-4 5.13). */
import { mkdir, readdir } from 'node:fs/promises'
import { until } from './guest.js'
import { portalOfSession, sessionsOf } from './leftovers.js'
import { must } from './shell.js'

const IFACE = 'lab-other-host'
const INITIATOR = 'iqn.2024-01.org.example:other-host'
const KEY = '0x1'
/**
 * LIO refuses a registration if it can't write its list of registrations here (drivers/target/target_core_pr.c,
 * __core_scsi3_write_aptpl_to_file).
 */
const REGISTRATIONS = '/var/target/pr'
/** Write exclusive, registrants only. */
const TYPE = '5'

/** That host reserves a LUN. The returned function releases the reservation and logs that host out. */
export async function reserve(iqn: string, portal: string, lun: number): Promise<() => Promise<void>> {
  await mkdir(REGISTRATIONS, { recursive: true })
  await must(['iscsiadm', '-m', 'iface', '-I', IFACE, '-o', 'new'])
  await must(['iscsiadm', '-m', 'iface', '-I', IFACE, '-o', 'update', '-n', 'iface.initiatorname', '-v', INITIATOR])
  const node = (...words: string[]) => must(['iscsiadm', '-m', 'node', '-T', iqn, '-p', portal, '-I', IFACE, ...words])
  await must(['iscsiadm', '-m', 'node', '-T', iqn, '-p', `${portal},1`, '-I', IFACE, '-o', 'new'])
  const before = await sessionsOf(iqn)
  await node('--login')
  const session = await sessionSince(iqn, portal, before)
  const persist = async (...words: string[]) => must(['sg_persist', '--no-inquiry', '--out', ...words, await nodeOf(session, lun)])
  await persist('--register', `--param-sark=${KEY}`)
  await persist('--reserve', `--param-rk=${KEY}`, `--prout-type=${TYPE}`)
  return async () => {
    await persist('--release', `--param-rk=${KEY}`, `--prout-type=${TYPE}`)
    await persist('--register', `--param-rk=${KEY}`, '--param-sark=0')
    await node('--logout')
    await node('-o', 'delete')
    await must(['iscsiadm', '-m', 'iface', '-I', IFACE, '-o', 'delete'])
  }
}

async function sessionSince(iqn: string, portal: string, before: readonly number[]): Promise<number> {
  for (const session of await sessionsOf(iqn)) {
    if (!before.includes(session) && (await portalOfSession(session)) === portal) return session
  }
  throw new Error(`No session of the other host to ${iqn} at ${portal}`)
}
/** `/dev/sg3` */
async function nodeOf(session: number, lun: number): Promise<string> {
  const directory = `/sys/class/iscsi_session/session${session}/device`
  let found: string | undefined
  await until(async () => {
    for (const target of (await readdir(directory)).filter((name) => name.startsWith('target')))
      for (const device of (await readdir(`${directory}/${target}`)).filter((name) => name.endsWith(`:${lun}`)))
        found = (await readdir(`${directory}/${target}/${device}/scsi_generic`).catch(() => []))[0]
    return found !== undefined
  }, `LUN ${lun} of the other host`)
  return `/dev/${found ?? ''}`
}
