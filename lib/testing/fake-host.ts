import type { Host } from '../core/host.js'
import type { Faults } from './faults.js'
import type { FcKernel } from './fc/fc-kernel.js'
import type { FileOptions } from './files/file-tree.js'
import { bytesOf } from './files/nodes.js'
import type { Iscsid } from './iscsi/iscsid.js'
import type { TraceEntry } from './ledger.js'
import type { Multipathd } from './multipathd/multipathd.js'
import type { DeviceMapper } from './mapper/device-mapper.js'
import { Machine } from './machine.js'
import type { FakeProcess } from './machine/process.js'
import type { Udev } from './machine/udev.js'
import type { Uevents } from './machine/uevents.js'
import type { Users } from './machine/users.js'
import type { Model } from './model.js'
import type { NvmeKernel } from './nvme/nvme-kernel.js'
import { FakeCommands } from './ports/commands.js'
import { FakeEvents } from './ports/events.js'
import { FakeFiles } from './ports/files.js'
import { FakeKernel } from './ports/kernel.js'
import { FakeLocks } from './ports/locks.js'
import { FakeLog } from './ports/log.js'
import type { Program } from './programs/program.js'
import { type FakeHostOptions, settingsOf } from './settings.js'
import { type Shared, sharedBy } from './shared.js'
import type { Storage } from './storage/storage.js'
import { FakeClock } from './time/fake-clock.js'

/**
 * A Linux machine in memory, on virtual time, with an iSCSI storage side. Pass it to `createAttacher({ host })` in tests.
 * One FakeHost is one process on that machine. Kernel, udev, iscsid and iscsiadm are small models that behave like the real ones. Time
 * passes as soon as every process waits. A call that no model knows throws and is recorded: {@link FakeHost.verify} then fails.
 *
 *     const host = new FakeHost()
 *     host.storage.volume('data')
 *     host.storage.iscsi.target({ iqn, portals: ['10.99.1.1:3260'], luns: { 1: 'data' } })
 *     const attacher = await createAttacher({ host })
 *     // … attach, detach …
 *     host.verify()
 */
export class FakeHost implements Host {
  /** The machine's files, read and written as this process. @internal */
  readonly files: FakeFiles
  /** Programs that this process runs. @internal */
  readonly commands: FakeCommands
  /** System calls of this process. @internal */
  readonly kernel: FakeKernel
  /** Uevents that this process receives. @internal */
  readonly events: FakeEvents
  /** Locks of this process. @internal */
  readonly locks: FakeLocks
  /** Virtual time, shared by all processes of the machine. */
  readonly clock: FakeClock
  /** Always `x86_64`. */
  readonly architecture = 'x86_64'
  /** The lines that this process logged. */
  readonly log: FakeLog
  readonly #shared: Shared
  readonly #process: FakeProcess
  /**
   * Creates a machine and its first process.
   * @param shared for {@link FakeHost.process} only, which adds a process to a machine
   */
  constructor(options: FakeHostOptions = {}, shared?: Shared) {
    this.#shared = shared ?? sharedBy(new Machine(settingsOf(options)))
    const { machine, programs } = this.#shared
    this.#process = machine.startProcess()
    this.log = new FakeLog((what) => machine.ledger.problem(what))
    this.clock = new FakeClock(machine.timeline)
    this.#process.atDeath(() => this.clock.stop())
    this.files = new FakeFiles(this.#process)
    this.commands = new FakeCommands(this.#process, programs)
    this.kernel = new FakeKernel(this.#process, machine.boot, () => this)
    this.events = new FakeEvents(this.#process)
    this.locks = new FakeLocks(this.#process, machine.boot.flocks, () => this.clock.wallMs())
  }
  /** How many calls of this process waited for a place, by lane of the addon or as `helpers`. Empty without {@link FakeHostOptions.places}. */
  waits(): Readonly<Record<string, number>> {
    return this.#process.places?.waited() ?? {}
  }
  /** The storage side: volumes, the targets of each transport, and the state of portals. */
  get storage(): Storage {
    return this.#machine.storage
  }
  /** Plants faults: calls that fail, wait or kill their process. */
  get faults(): Faults {
    return this.#machine.faults
  }
  /** Other users of block devices: mounts, swap, programs that have devices open. */
  get users(): Users {
    return this.#machine.boot.users
  }
  /** udevd: start it, stop it, slow it down. */
  get udev(): Udev {
    return this.#machine.boot.udev
  }
  /** iscsid: start it, stop it, freeze it. Shows the logins in progress. */
  get iscsid(): Iscsid {
    return this.#machine.boot.iscsid
  }
  /** The kernel's NVMe over Fabrics: its controllers, and what was written to `/dev/nvme-fabrics`. */
  get nvme(): NvmeKernel {
    return this.#machine.boot.nvme
  }
  /** The kernel's Fibre Channel: ports of the host and what they see. */
  get fc(): FcKernel {
    return this.#machine.boot.fc
  }
  /** multipathd: start it, stop it, configure it. */
  get multipathd(): Multipathd {
    return this.#machine.boot.multipathd
  }
  /** The kernel's multipath maps. */
  get mapper(): DeviceMapper {
    return this.#machine.boot.mapper
  }
  /** The uevents of this boot. */
  get uevents(): Uevents {
    return this.#machine.boot.base.uevents
  }
  /** Programs by name; a test may add its own. */
  get programs(): Map<string, Program> {
    return this.#shared.programs
  }
  /**
   * Creates a file on the machine, with the directories above it. Content is text as it is, bytes, or a function that is called at each
   * read.
   */
  put(path: string, content: string | Uint8Array | (() => string), options: FileOptions = {}): void {
    const { tree, durable } = this.#machine
    const read = typeof content === 'function' ? () => bytesOf(content()) : typeof content === 'string' ? bytesOf(content) : content
    tree.file(path, read, options)
    durable.written(path)
  }
  /** Creates a directory, with the directories above it. */
  putDirectory(path: string, mode = 0o755): void {
    this.#machine.tree.directory(path, mode)
  }
  /** Creates a symbolic link. */
  putLink(path: string, target: string): void {
    this.#machine.tree.link(path, target)
  }
  /** Removes a file, or a directory with everything in it. Returns whether it was there. */
  take(path: string): boolean {
    const taken = this.#machine.tree.remove(path)
    this.#machine.durable.written(path)
    return taken
  }
  /** Adds a disk that the machine has without any transport (`/dev/vdb`), with the bytes of a volume. */
  localDisk(name: string, volume: string): void {
    this.#machine.addLocalDisk(name, this.storage.volumeNamed(volume))
  }
  /** Adds a model that the test itself defines, such as another transport. It is called at once, and again at each later boot. */
  extend(model: Model): void {
    this.#machine.extend(model)
  }
  /** Names in a directory. This is not a port call. */
  names(path: string): string[] {
    return this.#machine.tree.names(path)
  }
  /** A file's text without its last newline. This is not a port call. */
  text(path: string): string | undefined {
    return this.#machine.tree.text(path)
  }
  /** The path with all links resolved. */
  real(path: string): string | undefined {
    return this.#machine.tree.find(path)?.path
  }
  /**
   * Names of the volumes that a device leads to now. For a map there is one name for each path. A path that leads nowhere counts as `''`.
   */
  volumesBehind(device: string): string[] {
    const { blocks, mapper } = this.#machine.boot
    const block = blocks.behind(device)
    const map = block && mapper.mapOf(block)
    const paths = map === undefined ? [block] : map.paths.map((path) => path.block)
    return paths.map((path) => path?.volume()?.name ?? '')
  }
  /** The directory in which open-iscsi keeps its records. */
  get recordRoot(): string {
    return this.#machine.settings.recordRoot
  }
  /** Every command line that any process has run. */
  get ran(): readonly (readonly string[])[] {
    return this.#machine.ledger.ran
  }
  /** Every call of a port and every uevent, with its time. */
  get trace(): readonly TraceEntry[] {
    return this.#machine.ledger.trace
  }
  /** The problems recorded so far. {@link FakeHost.verify} fails when there are any. */
  get problems(): readonly string[] {
    return this.#machine.ledger.problems
  }
  /** How many calls of ports this process has made. */
  get calls(): number {
    return this.#process.calls
  }
  /** Whether this process is alive. */
  get alive(): boolean {
    return this.#process.alive
  }
  /** The process id of this process. */
  get pid(): number {
    return this.#process.pid
  }
  /** Resolves when the process dies. */
  get died(): Promise<void> {
    return this.#process.died
  }
  /** How many batches of durable writes of this process waited for the disk. */
  get durableWrites(): number {
    return this.files.durableWrites
  }
  /** Files that are locked now, by any process. */
  get locked(): readonly string[] {
    return this.#machine.boot.flocks.lockedFiles
  }
  /**
   * Fails if no model knew a call, if an action would be wrong on a real machine, or if no call met a planted fault.
   * @throws `ERR_STATE`
   */
  verify(): void {
    this.#machine.ledger.verify(this.#machine.faults)
  }
  /** Starts another process on the same machine. */
  process(): FakeHost {
    return new FakeHost({}, this.#shared)
  }
  /**
   * Kills the process. Its pending calls never resolve, its locks and holds are released, and its work in the kernel continues. Returns a
   * new process.
   */
  crash(): FakeHost {
    this.#process.die()
    return this.process()
  }
  /** Makes the process die at its `call`th port call (see {@link FakeHost.calls}), just before or just after the call is carried out. */
  crashAt(call: number, moment: 'before' | 'after'): void {
    this.#process.crashAt(call, moment)
  }
  /** Switches the machine off and on. Returns a new process. */
  reboot(): FakeHost {
    this.#machine.reboot()
    return this.process()
  }
  get #machine(): Machine {
    return this.#shared.machine
  }
}
