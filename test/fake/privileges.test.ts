/** createAttacher() by a process that may not attach volumes. */
import { expect, test } from 'vitest'

import { createAttacher } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

const ALL = '000001ffffffffff'
function hostWith({
  uid = '0',
  capabilities = ALL,
  map = '0 0 4294967295',
}: {
  uid?: string
  capabilities?: string
  map?: string
}): FakeHost {
  const host = new FakeHost()
  host.put(`/proc/${host.pid}/status`, `Name:\tnode\nUid:\t0\t${uid}\t${uid}\t${uid}\nCapEff:\t${capabilities}\n`)
  host.put(`/proc/${host.pid}/uid_map`, `         ${map}\n`)
  return host
}

test.each([
  ['another user', { uid: '1000' }, 'this process runs as user 1000'],
  ['another user with all capabilities', { uid: '1000', capabilities: ALL }, 'this process runs as user 1000'],
  ['root without CAP_SYS_ADMIN', { capabilities: '00000000a80425fb' }, 'root without CAP_SYS_ADMIN'],
  ['root of a user namespace', { map: '0 100000 65536' }, 'root only in a user namespace'],
])('%s is refused before anything is made, with what is needed', async (_, given, why) => {
  const host = hostWith(given)
  const error: unknown = await createAttacher({ host }).catch((caught: unknown) => caught)
  expect(error).toMatchObject({
    code: 'ERR_PERMISSION',
    sideEffects: 'none',
    details: { uid: Number((given as { uid?: string }).uid ?? 0) },
  })
  const { message } = error as Error
  for (const part of [why, 'needs root with CAP_SYS_ADMIN', 'In a container', 'privileged', 'queryOnly']) expect(message).toContain(part)
  expect([host.names('/var/lib/brickwork'), host.names('/run/brickwork')]).toEqual([[], []])
  const attacher = await createAttacher({ host, queryOnly: true })
  expect(await attacher.list()).toEqual([])
  await attacher.close()
})

test('root with CAP_SYS_ADMIN is enough, and a /proc that shows nothing refuses nobody', async () => {
  await (await createAttacher({ host: hostWith({ capabilities: '0000000000200000' }) })).close()
  const blind = new FakeHost()
  blind.take(`/proc/${blind.pid}/status`)
  await (await createAttacher({ host: blind })).close()
})
