/** Removes everything that a scenario may have left on the initiator's side. */
import { readdir, rm } from 'node:fs/promises'
import { lookAtGuest } from './leftovers.js'
import { run } from './shell.js'

export async function tidyHost(): Promise<void> {
  await removeMaps()
  const { sessions, records } = await lookAtGuest()
  if (sessions.length > 0) await logOutAll()
  if (records.length > 0) await run(['iscsiadm', '-m', 'node', '-o', 'delete'])
  for (const root of ['/etc/iscsi', '/var/lib/iscsi']) {
    for (const part of ['nodes', 'send_targets', 'static']) {
      const directory = `${root}/${part}`
      for (const name of await readdir(directory).catch(() => [])) await rm(`${directory}/${name}`, { recursive: true, force: true })
    }
  }
  await rm('/run/lock/iscsi/lock.write', { force: true })
}

/** A map above another must be removed first. The order is found by trial. */
async function removeMaps(): Promise<void> {
  let before = Number.POSITIVE_INFINITY
  for (;;) {
    const { maps } = await lookAtGuest()
    if (maps.length === 0 || maps.length >= before) return
    before = maps.length
    for (const map of maps) await run(['dmsetup', 'remove', '--force', '--retry', map])
  }
}

/** A session that is about to reconnect refuses the logout temporarily. */
async function logOutAll(): Promise<void> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const { code } = await run(['iscsiadm', '-m', 'session', '--logout'], { timeoutMs: 30_000 })
    if (code === 0 || code === 21) return
    await new Promise((resolve) => setTimeout(resolve, 1000))
  }
}
