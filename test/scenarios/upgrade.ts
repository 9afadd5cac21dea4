/** A library that replaces an older one continues with that one's attachments: `test/fixtures/schema-1/library.tar.gz` writes schema 1. */
import { symlink } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { AttachRequest } from '../../lib/index.js'
import { equal, expectClean, IQN, released, request, truthy } from '../world/expect.js'
import { multipath, PORTALS, serveFour } from '../world/four.js'
import { must } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

/** The root of the checkout: built scenarios lie in build/lab/test/scenarios. */
const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const BEFORE = '/tmp/library-of-schema-1'

/** Installs the older package with today's native part. */
async function install(): Promise<void> {
  await must(['mkdir', '-p', BEFORE])
  await must(['tar', '-xzf', `${ROOT}/test/fixtures/schema-1/library.tar.gz`, '-C', BEFORE])
  for (const shared of ['node_modules', 'build', 'build-cmake']) await symlink(`${ROOT}/${shared}`, `${BEFORE}/${shared}`)
}
/** Attaches in a separate process, and returns the devices. */
async function attachBefore({ stateDir, runDir }: World, owner: string, requests: readonly AttachRequest[]): Promise<string[]> {
  const program = `
    import { createAttacher } from '${BEFORE}/dist/lib/index.js'
    const { requests, ...options } = JSON.parse(process.argv[1])
    const attacher = await createAttacher(options)
    const devices = []
    for (const request of requests) devices.push((await attacher.attach(request, { timeoutMs: 120_000 })).device)
    await attacher.close()
    console.log(JSON.stringify(devices))`
  const asked = { owner, stateDir: stateOf(stateDir, owner), runDir, requests }
  const argv = [process.execPath, '--input-type=module', '-e', program, '--', JSON.stringify(asked)]
  return JSON.parse(await must(argv, { timeoutMs: 300_000 })) as string[]
}
const stateOf = (stateDir: string, owner: string) => (owner === 'default' ? stateDir : `${stateDir}-${owner}`)

export const upgrade: Scenario = {
  name: 'upgrade',
  title: 'what the library of schema 1 attached is listed, attached again, recovered and detached by this one',
  only: 'real',
  timeoutMs: 420_000,
  run: async (world, story) => {
    await serveFour(world)
    await world.volume('second')
    await world.volume('third')
    await world.mapLun(IQN, 2, 'second')
    await world.mapLun(IQN, 3, 'third')
    await install()
    const targets = PORTALS.map((portal) => ({ portal, iqn: IQN, lun: 3 }))
    const single = request('single', { lun: 2, policy: { multipath: 'never' } })
    const mapped = multipath('map', { paths: { min: 'all' } })
    const direct: AttachRequest = {
      ...multipath('direct', { paths: { min: 'all' }, assemble: 'direct' }),
      connection: { protocol: 'iscsi', targets },
    }
    const all = [single, mapped, direct]
    const devices = await attachBefore(world, 'default', all)
    equal(await attachBefore(world, 'other', [{ ...single, id: 'theirs' }]), devices.slice(0, 1), 'the device that two owners share')

    await using attacher = await world.attacher()
    const listed = await attacher.list()
    story.note(
      'listed',
      listed.map(({ id, state, present }) => ({ id, state, present })),
    )
    for (const [index, asked] of all.entries()) {
      truthy(
        listed.some(({ id, device }) => id === asked.id && device === devices[index]),
        `${asked.id} is listed with its device`,
      )
      equal((await attacher.inspect(asked.id)).attachment?.path, devices[index], `inspected path of ${asked.id}`)
      const again = await attacher.attach(asked)
      equal([again.reused, again.device], [true, devices[index]], `${asked.id} attached again`)
    }
    const { actions } = await attacher.recover()
    story.note('recovered', actions.map(({ id, action }) => `${id ?? ''}: ${action}`).sort())
    const detached = all.map(async ({ id }) => released(await attacher.detach(id, { timeoutMs: 120_000 })))
    story.note('detached', await Promise.all(detached))
    await using other = await world.attacher({ owner: 'other', stateDir: stateOf(world.stateDir, 'other') })
    story.note('the other owner', released(await other.detach('theirs', { timeoutMs: 120_000 })))
    await expectClean(world, 'after the last detach')
  },
}
