/** Requests to iscsid over its own socket. The same promises hold as for logins by iscsiadm. */
import type { AttachRequest } from '../../lib/index.js'
import { builtInIface } from '../../lib/linux/iscsi/iface.js'
import { versionIn } from '../../lib/linux/iscsi/installation.js'
import { layoutOf } from '../../lib/linux/iscsi/iscsid/layout.js'
import { encodeLogin } from '../../lib/linux/iscsi/iscsid/request.js'
import { formatRecord, recordFile } from '../../lib/linux/iscsi/record.js'
import { parseRecord } from '../../lib/linux/iscsi/settings-file.js'
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, serveOne, truthy } from '../world/expect.js'
import { databaseRoot, multipath, serveFour } from '../world/four.js'
import { impostor, requestOf } from '../world/real/iscsid-listener.js'
import { must, run } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'
import type { World } from '../world/world.js'

const bySocket = (asked: AttachRequest): AttachRequest => ({ ...asked, policy: { ...asked.policy, iscsi: { logins: 'socket' } } })
const single = (id: string, more: Partial<AttachRequest> = {}) => bySocket(request(id, { policy: { multipath: 'never' }, ...more }))
/** Programs run from now on that send requests to iscsid. */
async function asking(world: World): Promise<() => Promise<string[]>> {
  const lines = async () => (await world.commandLines()).filter((line) => /--log(in|out)/.test(line))
  const before = (await lines()).length
  return async () => (await lines()).slice(before)
}

export const iscsidSocket: Scenario = {
  name: 'iscsid-socket',
  title: 'logins over the socket of iscsid: no iscsiadm runs, secrets and failures are as ever, the record lies beside the session',
  run: async (world, story) => {
    const chap = { username: 'alice', secret: 'wonderland-secret', target: { username: 'rabbit', secret: 'white-rabbit-secret' } }
    await serveOne(world, { chap })
    await world.mapLun(IQN, 2, 'data')
    const auth = { username: chap.username, secret: chap.secret, target: chap.target }
    const withAuth = (id: string, more: object) => {
      const plain = single(id)
      return { ...plain, connection: { ...plain.connection, ...more } } as AttachRequest
    }
    const asked = await asking(world)
    await using attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' } } })
    await story.tell('attach without a secret', attacher.attach(single('none')))
    await story.tell(
      'attach with a wrong secret',
      attacher.attach(withAuth('wrong', { auth: { ...auth, secret: 'not-the-secret-at-all' } })),
    )
    await expectClean(world, 'after the refused logins')
    await attachOk(story, attacher, withAuth('one', { auth }))
    equal((await world.leftovers()).records, [`${IQN} ${PORTAL}`], 'records')
    await attachOk(story, attacher, withAuth('one', { auth }), 'attach again')
    await detachOk(story, attacher, 'one')
    await world.portal(PORTAL, 'refuse')
    await story.tell('attach while the portal refuses', attacher.attach(withAuth('two', { auth }), { timeoutMs: 20_000 }))
    await expectClean(world, 'in the end')
    equal(await asked(), [], 'programs that asked iscsid')
  },
}

export const iscsidSocketMap: Scenario = {
  name: 'iscsid-socket-map',
  title: 'four paths over the socket of iscsid, one of them mute: a map, and clean at the end',
  run: async (world, story) => {
    await serveFour(world)
    const asked = await asking(world)
    await using attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' } } })
    await attachOk(story, attacher, bySocket(multipath('one', { paths: { min: 'all', graceMs: 20_000 } })))
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
    await world.portal(PORTAL, 'mute')
    await attachOk(story, attacher, bySocket(multipath('two')), 'attach with a mute portal', { timeoutMs: 60_000 })
    await detachOk(story, attacher, 'two')
    await world.portal(PORTAL, 'open')
    await attacher.recover()
    await expectClean(world, 'in the end')
    equal(await asked(), [], 'programs that asked iscsid')
  },
}

const recoveryTimeout = async (world: World) => {
  const [session = -1] = await world.sessions(IQN)
  return await world.readText(`/sys/class/iscsi_session/session${session}/recovery_tmo`)
}

export const iscsidSocketRestarts: Scenario = {
  name: 'iscsid-socket-restarts',
  title:
    'a session made over the socket, an iscsid that starts again, a connection that breaks, another LUN: no foreign disk, the same time-out',
  timeoutMs: 240_000,
  run: async (world, story) => {
    await serveOne(world)
    await world.volume('other')
    const asked = await asking(world)
    await using attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' } } })
    await attachOk(story, attacher, single('one'))
    story.note('recovery_tmo', (await recoveryTimeout(world))?.trim())
    await world.daemon('iscsid', 'killed')
    await world.daemon('iscsid', 'started')
    await world.mapLun(IQN, 2, 'other')
    // iscsid recovers its sessions one after another, two seconds each, and scans those that it considers automatic.
    await world.sleep(6000)
    equal((await world.disks()).length, 1, 'disks after iscsid was started again')
    story.note('recovery_tmo with another iscsid', (await recoveryTimeout(world))?.trim())
    await world.portal(PORTAL, 'refuse')
    await world.sleep(8000)
    await world.portal(PORTAL, 'open')
    await world.sleep(8000)
    equal((await world.disks()).length, 1, 'disks after the connection was made anew')
    await attachOk(story, attacher, single('one'), 'attach again')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
    equal(await asked(), [], 'programs that asked iscsid')
  },
}

export const iscsidImpostor: Scenario = {
  name: 'iscsid-impostor',
  title: "another user's program in iscsid's place gets no byte, and the attach is refused",
  only: 'real',
  run: async (world, story) => {
    await serveOne(world)
    const attacher = await world.attacher({ policy: { iscsi: { logins: 'socket' } } })
    await world.daemon('iscsid', 'killed')
    const heard = await impostor()
    try {
      await story.tell('attach', attacher.attach(single('one')))
      await expectClean(world, 'after the refused attach')
    } finally {
      equal(
        (await heard()).filter((bytes) => bytes > 0),
        [],
        'bytes that it was told',
      )
      await world.daemon('iscsid', 'started')
    }
    await attachOk(story, attacher, single('one'), 'attach with an iscsid')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'in the end')
  },
}

/** iscsiadm sends its own pointers in the head of its list, and a discovery type that a login ignores. */
const UNSENT = (shift: number) => [...Array.from({ length: 16 }, (_, index) => 16 + index), 15_064 + shift]

export const iscsidRequests: Scenario = {
  name: 'iscsid-requests',
  title: "our requests to iscsid are byte by byte those of the host's own iscsiadm",
  only: 'real',
  run: async (world, story) => {
    const version = versionIn(await must(['iscsiadm', '--version']))
    const layout = layoutOf(version)
    truthy(layout !== undefined, `the requests of ${version ?? 'this version'} are known`)
    if (layout === undefined) return
    const root = await databaseRoot(world)
    const auth = { username: 'alice', secret: 'secret-of-alice', target: { username: 'bob', secret: 'secret-of-bob-x' } }
    const bound = [
      ...builtInIface('default').settings,
      ['iface.net_ifacename', 'lo'],
      ['iface.initiatorname', 'iqn.2024-01.org.example:me'],
    ] as const
    const ways = [
      { name: 'plain', address: '10.99.1.1' },
      { name: 'IPv6', address: 'fd99::1' },
      { name: 'mutual CHAP', address: '10.99.2.1', auth },
      { name: 'a bound iface', address: '10.99.3.1', settings: bound },
    ]
    for (const { name, address, settings, ...more } of ways) {
      const portal = { address, port: 3260 }
      const iface = settings === undefined ? builtInIface('default') : { ...builtInIface('default'), settings }
      const text = formatRecord({
        target: IQN,
        portal,
        iface,
        owner: 'default',
        loginTimeoutSec: 7,
        session: { replacementTimeoutSec: 120 },
        ...more,
      })
      const file = recordFile(root, IQN, portal)
      await world.writeText(file, text)
      await must(['chmod', '600', file])
      const where = address.includes(':') ? `[${address}]` : address
      const theirs = await requestOf(['iscsiadm', '-m', 'node', '-T', IQN, '-p', `${where}:3260`, '-I', 'default', '--login'])
      await world.remove(file)
      const ours = encodeLogin(layout, parseRecord(text)) ?? new Uint8Array()
      for (const at of UNSENT(layout.shift)) {
        theirs[at] = 0
        ours[at] = 0
      }
      equal(Buffer.from(ours).equals(theirs), true, `the request of a login with ${name}: ${differences(ours, theirs)}`)
      story.note(name, 'equal')
    }
    await run(['rmdir', `${root}/nodes/${IQN}`])
    await expectClean(world, 'in the end')
  },
}
function differences(ours: Uint8Array, theirs: Uint8Array): string {
  const at = Array.from(theirs.keys()).filter((index) => ours[index] !== theirs[index])
  return `${ours.length} and ${theirs.length} bytes, ${at.length} differ: ${at.slice(0, 8).join(', ')}`
}
