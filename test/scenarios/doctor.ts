/** The doctor on a real kernel: a host that is ready, and for each group of checks a host where something is wrong. */
import type { Scenario } from '../play/scenario.js'
import { examine } from '../world/doctor.js'
import { attachOk, detachOk, equal, expectClean, IQN, PORTAL, request, SECOND_PORTAL, serveOne } from '../world/expect.js'
import { databaseRoot } from '../world/four.js'

const connection = (...portals: readonly string[]) =>
  ({ protocol: 'iscsi', targets: portals.map((portal) => ({ portal, iqn: IQN, lun: 1 })) }) as const

/** Checks of a host that can attach. Each is `ok` on both. */
const READY = [
  'host.linux',
  'host.root',
  'host.kernel',
  'host.dev',
  'host.sysfs',
  'host.stuck-processes',
  'host.hung-tasks',
  'host.open-files',
  'host.memory',
  'host.leaked-mounts',
  'host.stale-mounts',
  'state.journal',
  'state.claims',
  'state.interrupted',
  'state.pending',
  'state.devices',
  'state.orphans',
  'tools.native',
  'tools.getent',
  'tools.modprobe',
  'tools.versions',
  'modules.sd-mod',
  'modules.sg',
  'iscsi.programs',
  'iscsi.iscsi-tcp',
  'iscsi.initiator-name',
  'iscsi.one-daemon',
  'iscsi.lock',
  'iscsi.sessions',
  'iscsi.records',
  'iscsi.scan',
  'iscsi.portals',
  'multipath.queueing',
  'multipath.blacklist',
  'multipath.maps',
  'multipath.identity',
  'scsi.disks',
  'scsi.identity',
  'lvm.guest-groups',
  'lvm.thin',
  'lvm.duplicates',
] as const

export const doctorOk: Scenario = {
  name: 'doctor-ok',
  title: 'a host with an attached volume: nothing is a problem, and a run leaves everything as it was',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    const before = await world.leftovers()
    const call = { deep: true, connection: connection(PORTAL) }
    const answers = await examine(world, story, 'checks', READY, call)
    equal(
      answers,
      READY.map(() => 'ok'),
      'answers on a host that is ready',
    )
    const { checks } = await attacher.doctor(call)
    story.note(
      'problems',
      checks.filter(({ answer }) => answer === 'problem').map(({ id }) => id),
    )
    equal(await world.leftovers(), before, 'the host after the checks')
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const doctorHost: Scenario = {
  name: 'doctor-host',
  title: 'a machine id that was never set: reported, and nothing else changes',
  run: async (world, story) => {
    const file = '/etc/machine-id'
    const before = (await world.readText(file)) ?? ''
    await world.writeText(file, 'uninitialized\n')
    try {
      await examine(world, story, 'checks', ['host.machine-id', 'host.root'])
    } finally {
      await world.writeText(file, before === '' ? '' : `${before.trim()}\n`)
    }
    await expectClean(world, 'after the check')
  },
}

export const doctorState: Scenario = {
  name: 'doctor-state',
  title: 'a torn file in the journal: a problem with the code of an attach, and repaired when the file is gone',
  run: async (world, story) => {
    await using attacher = await world.attacher()
    await attacher.list()
    const file = `${world.stateDir}/attachments/torn.json`
    await world.writeText(file, '{"schema": 2, "id": ')
    await examine(world, story, 'with the file', ['state.journal'])
    await world.remove(file)
    await examine(world, story, 'without it', ['state.journal'])
    await expectClean(world, 'after the checks')
  },
}

export const doctorModules: Scenario = {
  name: 'doctor-modules',
  title: 'a module that is blocked but loaded already: a note',
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one'))
    const file = '/etc/modprobe.d/brickwork-scenario.conf'
    await world.writeText(file, 'install iscsi_tcp /bin/false\n')
    await examine(world, story, 'checks', ['modules.blocked', 'iscsi.iscsi-tcp'])
    await world.remove(file)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const doctorIscsi: Scenario = {
  name: 'doctor-iscsi',
  title: 'an empty node record and portals that refuse: the record is named, and the portals are a problem only when none answers',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await world.volume('data')
    await world.target({ iqn: IQN, portals: [PORTAL, SECOND_PORTAL], luns: { 1: 'data' } })
    const folder = `${await databaseRoot(world)}/nodes/iqn.2024-01.org.example:torn`
    await world.writeText(`${folder}/192.0.2.9,3260,1/default`, '')
    const call = { connection: connection(PORTAL, SECOND_PORTAL) }
    const ids = ['iscsi.records', 'iscsi.portals']
    await examine(world, story, 'both portals answer', ids, call)
    await world.portal(PORTAL, 'refuse')
    await examine(world, story, 'one portal refuses', ids, call)
    await world.portal(SECOND_PORTAL, 'refuse')
    await examine(world, story, 'both refuse', ids, call)
    for (const portal of [PORTAL, SECOND_PORTAL]) await world.portal(portal, 'open')
    await world.remove(folder)
    await expectClean(world, 'after the checks')
  },
}

export const doctorLogin: Scenario = {
  name: 'doctor-login',
  title: 'a login for the doctor: right and wrong credentials, and nothing is left of either',
  timeoutMs: 300_000,
  run: async (world, story) => {
    const chap = { username: 'host', secret: 'doctor-secret-1' }
    await serveOne(world, { chap })
    const login = { login: true, timeoutMs: 60_000 } as const
    await examine(world, story, 'right', ['iscsi.login'], { connection: { ...connection(PORTAL), auth: chap }, ...login })
    await expectClean(world, 'after a login')
    const wrong = { ...connection(PORTAL), auth: { ...chap, secret: 'another-secret-2' } }
    await examine(world, story, 'wrong', ['iscsi.login'], { connection: wrong, ...login })
    await expectClean(world, 'after a login that was refused')
    story.note('journal', await world.list(`${world.stateDir}/attachments`))
  },
}

export const doctorMultipath: Scenario = {
  name: 'doctor-multipath',
  title: 'settings of multipathd that let I/O wait for ever and exclude every disk: both are reported with the file',
  run: async (world, story) => {
    const file = '/etc/multipath/conf.d/brickwork-scenario.conf'
    const ids = ['multipath.queueing', 'multipath.blacklist']
    await examine(world, story, 'before', ids)
    await world.writeText(file, 'defaults {\n  no_path_retry queue\n}\nblacklist {\n  devnode "^sd"\n}\n')
    await examine(world, story, 'with the file', ids)
    await world.remove(file)
    await expectClean(world, 'after the checks')
  },
}

export const doctorUdev: Scenario = {
  name: 'doctor-udev',
  title: 'a rule of udev that an empty file switches off',
  run: async (world, story) => {
    const file = '/etc/udev/rules.d/69-lvm.rules'
    await world.writeText(file, '')
    await examine(world, story, 'with the file', ['udev.replaced-rules'])
    await world.remove(file)
    await examine(world, story, 'without it', ['udev.replaced-rules'])
    await expectClean(world, 'after the checks')
  },
}

export const doctorLvm: Scenario = {
  name: 'doctor-lvm',
  title: 'a volume group inside an attached volume is active on the host',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    const { device } = await attachOk(story, attacher, request('one'))
    await examine(world, story, 'before', ['lvm.guest-groups'])
    const group = await world.logicalVolume(device)
    await examine(world, story, 'with the group', ['lvm.guest-groups'])
    await group.end()
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const doctorScsi: Scenario = {
  name: 'doctor-scsi',
  title: 'a volume whose portal is gone: its session and its disk are reported, and are well again later',
  timeoutMs: 300_000,
  run: async (world, story) => {
    await serveOne(world)
    await using attacher = await world.attacher()
    await attachOk(story, attacher, request('one', { policy: { multipath: 'never', iscsi: { replacementTimeoutSec: 5 } } }))
    const ids = ['iscsi.sessions', 'scsi.disks']
    await world.portal(PORTAL, 'drop')
    await world.sleep(40_000)
    await examine(world, story, 'while the portal is gone', ids)
    await world.portal(PORTAL, 'open')
    await world.sleep(40_000)
    await examine(world, story, 'when it is back', ids)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const doctorTools: Scenario = {
  name: 'doctor-tools',
  title: 'an open-iscsi of a version that never answers some logins: a warning, with the version of the package database',
  run: async (world, story) => {
    const file = '/var/lib/dpkg/status'
    const before = (await world.readText(file)) ?? ''
    await world.writeText(file, before.replace(/^(Package: open-iscsi\n(?:.+\n)*?Version: )[0-9.]+/m, '$12.1.10'))
    try {
      await examine(world, story, 'with that version', ['tools.versions', 'iscsi.programs'])
    } finally {
      await world.writeText(file, `${before.trimEnd()}\n`)
    }
    await examine(world, story, 'without it', ['tools.versions'])
    await expectClean(world, 'after the checks')
  },
}
