import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne, truthy } from '../world/expect.js'
import type { Scenario } from '../play/scenario.js'

export const attachDetach: Scenario = {
  name: 'attach-detach',
  title: 'a volume comes and goes, and nothing stays behind',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const attachment = await attachOk(story, attacher, request('one'))
    equal((await world.read(attachment.device, 512)).length, 512, 'bytes that can be read')
    equal(
      await world.leftovers(),
      { sessions: [`${IQN} ${PORTAL}`], records: [`${IQN} ${PORTAL}`], disks: [`${IQN} 1`], maps: [] },
      'the host with one volume',
    )
    truthy(attachment.stableLink !== null && attachment.wwid?.startsWith('36001405') === true, 'it has a link and an NAA identity')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
    await detachOk(story, attacher, 'one')
  },
}

export const ipv6: Scenario = {
  name: 'ipv6',
  title: 'a portal with an IPv6 address, written in another spelling',
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: ['[fd99::1]:3260'], luns: { 1: 'data' } })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('six', { portals: ['[FD99:0:0::0001]:3260'] }))
    await attachOk(story, attacher, request('six', { portals: ['[fd99::1]:3260'] }), 'attach six again, spelt otherwise')
    await detachOk(story, attacher, 'six')
    await expectClean(world, 'after the detach')
  },
}

export const twice: Scenario = {
  name: 'twice',
  title: 'attaching what is attached answers it again',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const first = await attachOk(story, attacher, request('one'))
    const second = await attachOk(story, attacher, request('one'), 'attach one again')
    equal(second.device, first.device, 'the device of the second answer')
    await using another = await world.attacher()
    const third = await attachOk(story, another, request('one'), 'attach one by another process')
    equal(third.device, first.device, 'the device of the third answer')
    const together = await Promise.all([attacher.attach(request('one')), attacher.attach(request('one'))])
    equal(
      together.map(({ reused }) => reused),
      [true, true],
      'two at once',
    )
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after one detach')
  },
}

export const twoIds: Scenario = {
  name: 'two-ids',
  title: 'two ids and two owners on one volume: it goes when the last one goes',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await using other = await world.attacher({ owner: 'other', stateDir: `${world.stateDir}-other` })
    const a = await attachOk(story, attacher, request('a'))
    const b = await attachOk(story, attacher, request('b'))
    const c = await attachOk(story, other, request('a'), 'attach a of another owner')
    equal([b.device, c.device], [a.device, a.device], 'devices of the other claims')
    await detachOk(story, attacher, 'a')
    await detachOk(story, attacher, 'b')
    equal((await world.leftovers()).disks, [`${IQN} 1`], 'disks while a claim is left')
    await detachOk(story, other, 'a')
    await expectClean(world, 'after the last claim')
  },
}

export const oneIdTwoVolumes: Scenario = {
  name: 'one-id-two-volumes',
  title: 'one id on two volumes is a conflict, and changes nothing',
  run: async (world, story) => {
    await world.volume('data')
    await world.volume('more')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'more' } })
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    await story.tell('attach one by another connection', attacher.attach(request('one', { lun: 2 })))
    equal((await world.leftovers()).disks, [`${IQN} 1`], 'disks')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const twoVolumes: Scenario = {
  name: 'two-volumes',
  title: 'two volumes share a session, attached at once; it goes with the second',
  run: async (world, story) => {
    await world.volume('data')
    await world.volume('more')
    await world.target({ iqn: IQN, portals: [PORTAL], luns: { 1: 'data', 2: 'more' } })
    await using attacher = await world.attacher()
    const [one, two] = await Promise.all([attacher.attach(request('one')), attacher.attach(request('two', { lun: 2 }))])
    truthy(one.device !== two.device && one.wwid !== two.wwid, 'they are two volumes')
    equal((await world.sessions(IQN)).length, 1, 'sessions')
    await detachOk(story, attacher, 'one')
    equal((await world.leftovers()).disks, [`${IQN} 2`], 'disks after the first detach')
    await detachOk(story, attacher, 'two')
    await expectClean(world, 'after both')
  },
}

export const fallback: Scenario = {
  name: 'second-portal',
  title: 'the second portal gives the device when the first is dead, and nothing of the first stays',
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    await world.portal(PORTAL, 'refuse')
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one', { portals: [PORTAL, SECOND_PORTAL] }))
    equal((await world.leftovers()).sessions, [`${IQN} ${SECOND_PORTAL}`], 'sessions')
    equal((await world.leftovers()).records, [`${IQN} ${SECOND_PORTAL}`], 'records')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

const CONF = '/etc/iscsi/iscsid.conf'
const DIGESTS = ['HeaderDigest', 'DataDigest']
export const digest: Scenario = {
  name: 'digest',
  title: 'iscsid.conf asks for header and data digests: the session has them, and reads through it are answered',
  run: async (world, story) => {
    await serveOne(world)
    const conf = await world.readText(CONF)
    await world.writeText(CONF, `${conf ?? ''}\n${DIGESTS.map((name) => `node.conn[0].iscsi.${name} = CRC32C\n`).join('')}`)
    try {
      await using attacher = await world.attacher()
      const { device } = await attachOk(story, attacher, request('one'))
      const [session] = await world.sessions(IQN)
      // The values that both sides have negotiated. The fake shows only the requested values of the record.
      const connection = `/sys/class/iscsi_connection/connection${session ?? ''}:0`
      const said = world.kind === 'real' ? ['header_digest', 'data_digest'].map((name) => world.readText(`${connection}/${name}`)) : []
      equal(
        (await Promise.all(said)).map((each) => each?.trim()),
        said.map(() => '1'),
        'digests of the session',
      )
      equal((await world.read(device, 4096)).length, 4096, 'bytes that can be read')
      await detachOk(story, attacher, 'one')
      await expectClean(world, 'after the detach')
    } finally {
      if (conf === undefined) await world.remove(CONF)
      else await world.writeText(CONF, conf)
    }
  },
}
