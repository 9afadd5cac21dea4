/** The second world of the scenarios: FakeHost instead of a kernel. */
import { type Attacher, type AttacherOptions, createAttacher } from '../../../lib/index.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'
import { askMultipathd } from '../../../lib/linux/multipath/daemon.js'
import { isBrickworkError } from '../../../lib/core/errors.js'
import { fakeAgent } from './agent.js'
import { fakeLeftovers, mapsOf, sessionsOf } from './look.js'
import { fakeNvme } from './nvme.js'
import { type Daemon, type DaemonState, type World, WRITTEN_LATER_AT } from '../world.js'

export interface FakeWorld extends World {
  /** The process in which new attachers are created. */
  readonly host: FakeHost
  /** Kills the process with all its attachers. Later attachers are created in another process. */
  crash(): void
  reboot(): void
  /** Closes all attachers whose process is alive. */
  close(): Promise<void>
}

const STATE = '/var/lib/brickwork'
const RUN = '/run/brickwork'
/** After this time a disk has its block device, and udev has processed it. */
const SCANNED_MS = 300
/** After this time multipathd has examined the existing disks. */
const STARTED_MS = 100

/** Creates an attacher. Tests with their own connectors pass their own function. */
export type OpenAttacher = (options: AttacherOptions & { readonly host: FakeHost }) => Promise<Attacher>

export function createFakeWorld(options: FakeHostOptions = {}, open: OpenAttacher = createAttacher): Promise<FakeWorld> {
  let host = new FakeHost(options)
  const people = new People(host)
  let attachers: Attacher[] = []
  const world: FakeWorld = {
    kind: 'fake',
    stateDir: STATE,
    runDir: RUN,
    get host() {
      return host
    },
    crash: () => {
      attachers = []
      host = host.crash()
    },
    reboot: () => {
      attachers = []
      host = host.reboot()
      people.startAgain(host)
    },
    close: async () => {
      await Promise.all(attachers.map((attacher) => attacher.close()))
    },

    volume: (name, { cloneOf, ...more } = {}) =>
      done(() => {
        const serial = cloneOf === undefined ? {} : { serial: host.storage.volumeNamed(cloneOf).serial ?? null }
        host.storage.volume(name, { ...more, ...serial })
      }),
    content: (name, length, from = 0) => done(() => host.storage.volumeNamed(name).read(from, length)),
    resizeVolume: (name, sizeMb) => done(() => host.storage.resize(name, sizeMb)),
    target: (target) => done(() => host.storage.iscsi.target(target)),
    removeTarget: (iqn) => done(() => host.storage.iscsi.removeTarget(iqn)),
    discoveryChap: (chap) => done(() => void (host.storage.iscsi.discoveryChap = chap)),
    mapLun: (iqn, lun, volume) => done(() => host.storage.iscsi.mapLun(iqn, lun, volume)),
    unmapLun: (iqn, lun) => done(() => host.storage.iscsi.unmapLun(iqn, lun)),
    portal: (portal, state) => done(() => host.storage.portal(portal, state)),
    largePackets: (portal, state) => done(() => host.storage.largePackets(portal, state)),
    redirectLogins: (portal, to) =>
      done(() => {
        host.storage.listen(portal)
        host.storage.iscsi.redirect(portal, to)
      }),

    nvme: fakeNvme(() => host),

    hostName: (name, addresses) => done(() => host.storage.hostName(name, addresses)),

    attacher: async ({ owner = 'default', stateDir = STATE, policy = {} } = {}) => {
      const attacher = await open({ host, owner, stateDir, runDir: RUN, policy })
      attachers.push(attacher)
      return attacher
    },
    counted: async () => {
      const attacher = await world.attacher()
      return { attacher, waits: () => host.waits() }
    },
    agent: async ({ owner = 'default', stateDir = STATE } = {}) => {
      const agent = await fakeAgent(host.process(), { owner, stateDir, runDir: RUN })
      attachers.push(agent.attacher)
      void agent.ended.then(() => (attachers = attachers.filter((each) => each !== agent.attacher)))
      return agent
    },
    sleep: (ms) => host.clock.advance(ms),
    now: () => host.clock.now(),
    lateness: () => 0,

    foreignLogin: (iqn, portal) => people.login(iqn, portal),
    foreignLogout: (iqn, portal) => people.logout(iqn, portal),
    foreignScan: (iqn, portal, lun) => people.scan(iqn, portal, lun),
    foreignRecord: (iqn, portal) => people.makeRecord(iqn, portal),
    mount: (device, more) =>
      done(() => {
        const mount = host.users.mount(device, more)
        return { mountPoint: mount.mountPoint, pid: mount.pid, unmount: () => done(() => mount.unmount()) }
      }),
    openRaw: (device) =>
      done(() => {
        const opened = device.startsWith('/dev/ng') ? host.users.openCharacter(device) : host.users.open(device)
        return { pid: opened.pid, close: () => done(() => opened.close()) }
      }),
    writeLater: (device, text) =>
      done(() => {
        const opened = host.users.open(device, { command: 'sh' })
        opened.write(WRITTEN_LATER_AT, new TextEncoder().encode(text))
        return { close: () => done(() => opened.close()) }
      }),
    reserve: (iqn, _portal, lun) =>
      done(() => {
        const volume = host.storage.iscsi.targetNamed(iqn).luns.get(lun)
        if (volume === undefined) throw new Error(`no LUN ${lun} to reserve`)
        volume.reservedByOther = true
        return () => done(() => void (volume.reservedByOther = false))
      }),
    write: async (device, text) => {
      const opened = host.users.open(device, { command: 'dd' })
      try {
        opened.write(0, new TextEncoder().encode(text))
        await people.flush(device)
        return 'written'
      } catch (error) {
        if (!isBrickworkError(error, 'ERR_PERMISSION') && !isBrickworkError(error, 'ERR_KERNEL')) throw error
        return 'refused'
      } finally {
        opened.close()
      }
    },
    logicalVolume: (device) =>
      done(() => {
        const end = host.users.stack(device, 'dm-90', 'lab_users-data')
        return { end: () => done(end) }
      }),
    exportByNvmet: (path) =>
      done(() => {
        const subsystem = '/sys/kernel/config/nvmet/subsystems/nqn.2024-01.org.example:users'
        host.put(`${subsystem}/namespaces/1/device_path`, path)
        host.put(`${subsystem}/namespaces/1/enable`, '1')
        const close = host.users.openInKernel(path)
        return {
          end: () =>
            done(() => {
              host.take(subsystem)
              close()
            }),
        }
      }),
    fsType: (device) =>
      done(() => {
        const name = (host.real(device) ?? device).slice('/dev/'.length)
        const record = host.text(`/run/udev/data/b${host.text(`/sys/class/block/${name}/dev`) ?? ''}`)
        return /^E:ID_FS_TYPE=(.*)$/m.exec(record ?? '')?.[1] ?? ''
      }),
    read: (device, length) => people.read(device, length),

    startReading: (device) =>
      done(() => {
        const opened = host.users.open(device, { command: 'dd', waitsForIo: true })
        const ended = people.read(device, 4096).then(
          () => 'read' as const,
          () => 'failed' as const,
        )
        return { ended: ended.finally(() => opened.close()) }
      }),
    startDeleting: (hctl) => done(() => ({ ended: people.deleteDisk(hctl) })),
    pauseMultipathd: () =>
      done(() => {
        const goOn = host.multipathd.pause()
        return () => done(goOn)
      }),
    tellMultipathd: (command) => people.tellMultipathd(command),
    multipathd: (
      state,
      {
        findMultipaths = 'strict',
        userFriendlyNames = false,
        noPathRetry = 'fail',
        aliases = {},
        uidAttribute = 'ID_SERIAL',
        blacklist = {},
      } = {},
    ) =>
      done(async () => {
        const { multipathd, clock } = host
        if (state === 'stopped') {
          multipathd.stop()
          return
        }
        multipathd.configure({
          findMultipaths,
          userFriendlyNames,
          noPathRetry,
          multipathAliases: aliases,
          uidAttribute,
          multipathBlacklist: Object.values(blacklist),
        })
        if (multipathd.running) multipathd.reconfigure()
        else multipathd.start()
        await clock.advance(STARTED_MS)
      }),
    suspend: (name) =>
      done(() => {
        const map = host.mapper.named(name)
        if (map === undefined) throw new Error(`No map ${name}`)
        map.suspended = true
        return () => done(() => void (map.suspended = false))
      }),
    isQueueing: (map) => done(() => host.mapper.named(map)?.table.queueing === true),
    maps: () => done(() => mapsOf(host)),

    occupyUdev: (ms) =>
      done(() => {
        host.udev.occupy(ms)
        return () => done(() => undefined)
      }),
    daemon: (daemon, state) => done(() => setDaemon(host, daemon, state)),
    stateDisk: () => done(() => Promise.reject(new Error('Only in the lab'))),
    reset: () => done(() => Promise.reject(new Error('Only in the lab'))),
    osBrick: () => done(() => Promise.reject(new Error('Only in the lab'))),

    leftovers: () => done(() => fakeLeftovers(host)),
    disks: () => done(() => host.names('/sys/block').filter((name) => name.startsWith('sd'))),
    sessions: (iqn) => done(() => sessionsOf(host, iqn)),
    list: (directory) => done(() => host.names(directory)),
    readText: (file) => done(() => host.text(file)),
    writeText: (file, text) => done(() => host.put(file, text)),
    remove: (path) => done(() => void host.take(path)),
    commandLines: () => done(() => host.ran.map((argv) => argv.join(' '))),
  }
  return Promise.resolve(world)
}

function setDaemon({ iscsid, multipathd, udev }: FakeHost, daemon: Daemon, state: DaemonState): void {
  if (daemon === 'iscsid' && (state === 'frozen' || state === 'thawed')) {
    if (state === 'frozen') iscsid.freeze()
    else iscsid.thaw()
    return
  }
  if (state !== 'killed' && state !== 'started') throw new Error(`Only in the lab: ${state}`)
  if (state === 'started') ({ iscsid, multipathd, udevd: udev })[daemon].start()
  else if (daemon === 'multipathd') multipathd.kill()
  else ({ iscsid, udevd: udev })[daemon].stop()
}

/** Other programs on the machine, in a separate process. */
class People {
  #host: FakeHost

  constructor(host: FakeHost) {
    this.#host = host.process()
  }
  startAgain(host: FakeHost): void {
    this.#host = host.process()
  }
  /** The portal group is known from discovery, so the record has its own directory. */
  async makeRecord(iqn: string, portal: string): Promise<void> {
    await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', `${portal},1`, '-o', 'new')
  }
  async login(iqn: string, portal: string): Promise<number> {
    await this.makeRecord(iqn, portal)
    await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '--login')
    const id = sessionsOf(this.#host, iqn, portal).at(-1)
    if (id === undefined) throw new Error(`No session to ${iqn} at ${portal}`)
    return id
  }
  async logout(iqn: string, portal: string): Promise<void> {
    if (sessionsOf(this.#host, iqn, portal).length > 0) await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '--logout')
    await this.#iscsiadm('-m', 'node', '-T', iqn, '-p', portal, '-o', 'delete')
  }
  async scan(iqn: string, portal: string, lun: number): Promise<string> {
    const session = sessionsOf(this.#host, iqn, portal).at(-1)
    const place = this.#host.real(`/sys/class/iscsi_session/session${session ?? ''}`) ?? ''
    const number = /\/host([0-9]+)\//.exec(place)?.[1]
    if (number === undefined) throw new Error(`No session to ${iqn} at ${portal}`)
    const directory = `/sys/class/scsi_host/host${number}`
    const request = { directory, guards: [], attribute: 'scan', value: `0 0 ${lun}`, waits: 'bounded' } as const
    await this.#host.kernel.write(request, new AbortController().signal)
    await this.#host.clock.advance(SCANNED_MS)
    const [name] = this.#host.names(`/sys/bus/scsi/devices/${number}:0:0:${lun}/block`)
    return name ?? ''
  }
  async tellMultipathd(command: string): Promise<string> {
    return await askMultipathd(this.#host, command, new AbortController().signal)
  }
  async flush(device: string): Promise<void> {
    await this.#host.kernel.flush(device, new AbortController().signal)
  }
  read(device: string, length: number): Promise<Uint8Array> {
    return this.#host.kernel.readDirect(device, 0, length, new AbortController().signal)
  }
  async deleteDisk(hctl: string): Promise<void> {
    const directory = `/sys/bus/scsi/devices/${hctl}`
    const request = { directory, guards: [], attribute: 'delete', value: '1', waits: 'unbounded' } as const
    await this.#host.kernel.write(request, new AbortController().signal)
  }
  async #iscsiadm(...words: string[]): Promise<void> {
    const { signal } = new AbortController()
    const { exitCode, stderr } = await this.#host.commands.run(['iscsiadm', ...words], { signal, onAbort: 'leave' })
    if (exitCode !== 0) throw new Error(`iscsiadm ${words.join(' ')} ended with ${exitCode}: ${stderr}`)
  }
}

/** An answer, or the failure, as a promise. */
async function done<T>(work: () => T): Promise<Awaited<T>> {
  return await work()
}
