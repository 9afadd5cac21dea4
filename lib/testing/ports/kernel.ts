import type {
  AccessChange,
  ChangedFiles,
  ChangedRequest,
  ConnectOutcome,
  DaemonRequest,
  DeviceMapperRequest,
  DeviceMapperStatus,
  FabricsOutcome,
  GreetOutcome,
  GreetRequest,
  GuardedWrite,
  Hold,
  JobResult,
  JobStep,
  Kernel,
  NewMap,
  NvmeAdminReply,
  NvmeAdminRequest,
  Openers,
  RecordChange,
  ScsiReply,
  ScsiRequest,
  WriteOutcome,
} from '../../core/host.js'
import type { Secret } from '../../core/secret.js'
import type { Plan, Tree } from '../../core/tree.js'
import { kernelError } from '../errno.js'
import type { PortCall } from '../faults.js'
import type { Care, FakeProcess } from '../machine/process.js'
import type { BlockDevice } from '../block/block-device.js'
import type { BlockDevices } from '../block/block-devices.js'
import type { Base } from '../machine/base.js'
import type { DaemonSockets } from '../machine/daemon-socket.js'
import type { Users } from '../machine/users.js'
import type { DeviceMapper } from '../mapper/device-mapper.js'
import { commandOf } from '../multipathd/frame.js'
import { sendAdmin } from '../nvme/identify.js'
import type { NvmeKernel } from '../nvme/nvme-kernel.js'
import type { ScsiKernel } from '../scsi/scsi-kernel.js'
import type { Network } from '../storage/network.js'
import { addonMissing } from './addon-missing.js'
import type { Storage } from '../storage/storage.js'
import { changeRecord } from './change-record.js'
import { readChanged } from './changed-files.js'
import { type JobPorts, runJob } from './job.js'
import { guardedWrite } from './guarded-write.js'
import { connect, greet, listOptions, withoutSecrets } from './nvme.js'
import { inLane, toDaemon, toDevice, toFabrics, toFabricsOptions, toMap, toWrite } from './needs.js'
import { sendScsi } from './scsi.js'
import { readTree } from './tree-reader.js'

/** Neighbour discovery gives up after this time. */
const UNREACHABLE_MS = 3_000
/** A connection attempt gives up after six SYNs, each after twice the time. */
const SYN_TIMEOUT_MS = 127_000

/** The models that the calls of this port reach. */
export interface KernelParts {
  readonly network: Network
  readonly storage: Storage
  readonly nvme: NvmeKernel
  readonly blocks: BlockDevices
  readonly users: Users
  readonly mapper: DeviceMapper
  readonly scsi: ScsiKernel
  readonly sockets: DaemonSockets
}

/** The Kernel port over the models. */
export class FakeKernel implements Kernel {
  readonly #process: FakeProcess
  readonly #parts: KernelParts
  readonly #ports: () => Omit<JobPorts, 'kernel'>

  /** @param ports of the same process, for jobs */
  constructor(process: FakeProcess, parts: KernelParts, ports: () => Omit<JobPorts, 'kernel'>) {
    this.#process = process
    this.#parts = parts
    this.#ports = ports
  }
  load(): void {
    // A machine in memory needs no native part.
  }
  readTree(plan: Plan, signal: AbortSignal): Promise<Tree> {
    return this.#call('kernel.readTree', plan.root, signal, () => readTree(this.#base.tree, plan), { need: inLane('read') })
  }
  readChanged(request: ChangedRequest, signal: AbortSignal): Promise<ChangedFiles> {
    return this.#call('kernel.readChanged', request.directory, signal, () => readChanged(this.#base.tree, request), {
      need: inLane('read'),
    })
  }
  write(request: GuardedWrite, signal: AbortSignal): Promise<WriteOutcome> {
    const subject = `${request.directory}/${request.attribute} ${request.value}`
    return this.#call('kernel.write', subject, signal, () => guardedWrite(this.#base, request), { need: toWrite(request) })
  }
  scsi(request: ScsiRequest, signal: AbortSignal): Promise<ScsiReply> {
    return this.#call('kernel.scsi', request.device, signal, () => sendScsi(this.#base, this.#parts.scsi, request), {
      need: inLane('device'),
    })
  }
  connect(address: string, port: number, signal: AbortSignal): Promise<ConnectOutcome> {
    const shake = async (): Promise<ConnectOutcome> => {
      const reachability = this.#parts.network.reachability({ address, port })
      const { settings } = this.#base
      await this.#base.wait(
        reachability === 'drop' ? SYN_TIMEOUT_MS : reachability === 'unreachable' ? UNREACHABLE_MS : settings.delays.connect,
      )
      if (reachability === 'open' || reachability === 'mute') return { outcome: 'connected' }
      const error = { refuse: 'ECONNREFUSED', drop: 'ETIMEDOUT', unreachable: 'EHOSTUNREACH' }[reachability]
      return { outcome: 'failed', error }
    }
    return this.#call('kernel.connect', `${address} ${port}`, signal, shake, { need: inLane('socket') })
  }
  exchange(request: DaemonRequest, signal: AbortSignal): Promise<Uint8Array> {
    const command = commandOf(request.bytes)
    const subject = `${request.socket} ${command ?? ''}`.trimEnd()
    return this.#call('kernel.exchange', subject, signal, () => this.#exchange(request), { need: toDaemon(request) })
  }
  hold(device: string, signal: AbortSignal): Promise<Hold | 'busy' | 'gone'> {
    const discard = (hold: Hold | 'busy' | 'gone'): void => void (typeof hold === 'object' && hold.release())
    return this.#call('kernel.hold', device, signal, () => this.#hold(device), { discard, need: toDevice(this.#base.tree, device, true) })
  }
  flush(device: string, signal: AbortSignal): Promise<void> {
    const act = async (): Promise<void> => {
      const block = await this.#afterIo(device)
      // A failed write from the page cache is EIO, whatever the device reports (fs/buffer.c, mark_buffer_write_io_error).
      if (this.#parts.users.writeBack(block) === 'refused') throw kernelError('EIO', 'fsync', device)
    }
    return this.#call('kernel.flush', device, signal, act, { need: toDevice(this.#base.tree, device) })
  }
  readDirect(device: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    const act = async (): Promise<Uint8Array> => {
      const volume = (await this.#afterIo(device)).volume()
      if (volume === undefined) throw kernelError('EIO', 'read', device)
      return volume.read(offset, length)
    }
    return this.#call('kernel.readDirect', device, signal, act, { need: toDevice(this.#base.tree, device) })
  }
  openers(devices: readonly string[], signal: AbortSignal): Promise<Openers> {
    const act = (): Openers => ({
      openers: this.#parts.users.openers(devices, this.#process),
      unseen: this.#base.settings.unseenProcesses,
    })
    return this.#call('kernel.openers', devices.join(' '), signal, act, { need: inLane('search') })
  }
  deviceMapper(request: DeviceMapperRequest, signal: AbortSignal): Promise<DeviceMapperStatus | undefined> {
    const command = typeof request.command === 'string' ? request.command : request.command.message
    const need = inLane('mapper', request.uuid)
    return this.#call('kernel.deviceMapper', `${request.uuid} ${command}`, signal, () => this.#parts.mapper.query(request), { need })
  }
  removeMap(uuid: string, signal: AbortSignal): Promise<'removed' | 'busy' | 'gone'> {
    return this.#call('kernel.removeMap', uuid, signal, () => this.#parts.mapper.removeByUuid(uuid), { need: toMap(uuid) })
  }
  createMap(map: NewMap, signal: AbortSignal): Promise<'created' | 'busy'> {
    return this.#call('kernel.createMap', map.uuid, signal, () => this.#parts.mapper.createFromTable(map), { need: toMap(map.uuid) })
  }
  setReadOnly({ device, readOnly, diskseq }: AccessChange, signal: AbortSignal): Promise<'changed' | 'unchanged' | 'gone'> {
    const act = (): 'changed' | 'unchanged' | 'gone' => {
      const { blocks } = this.#parts
      const block = blocks.behind(device)
      if (block?.live !== true || (diskseq !== undefined && blocks.diskseqOf(block) !== diskseq)) return 'gone'
      if (blocks.isReadOnly(block) === readOnly) return 'unchanged'
      blocks.setReadOnly(block, readOnly)
      return 'changed'
    }
    const subject = `${device} ${readOnly ? 'ro' : 'rw'}`
    return this.#call('kernel.setReadOnly', subject, signal, act, { need: toDevice(this.#base.tree, device) })
  }
  changeRecord(change: RecordChange, signal: AbortSignal): Promise<'done' | 'lock-timeout'> {
    const act = (): Promise<'done' | 'lock-timeout'> => changeRecord(this.#process, change, signal)
    return this.#call('kernel.changeRecord', change.path ?? change.lockDirectory, signal, act, {
      need: inLane('file', change.lockDirectory),
    })
  }

  async runJob<const Steps extends readonly JobStep[]>(steps: Steps, signal: AbortSignal): Promise<JobResult<Steps>> {
    if (!this.#base.settings.addon) throw addonMissing()
    return (await runJob({ ...this.#ports(), kernel: this }, steps, signal)) as JobResult<Steps>
  }
  fabricsOptions(signal: AbortSignal): Promise<string | undefined> {
    const act = (): string | undefined => listOptions(this.#parts.nvme, this.#process)
    return this.#call('kernel.fabricsOptions', '', signal, act, { need: toFabricsOptions })
  }
  connectFabrics(options: Secret, signal: AbortSignal): Promise<FabricsOutcome> {
    const text = options.reveal()
    const subject = withoutSecrets(text)
    const act = (): Promise<FabricsOutcome> =>
      connect(this.#parts.nvme, this.#process, text, {
        keep: (end) => this.#call('kernel.keepController', subject, undefined, end),
        discard: (end) => this.#call('kernel.discardController', subject, undefined, end),
      })
    const discard = (outcome: FabricsOutcome): void =>
      void (outcome.outcome === 'connected' && outcome.controller.discard().catch(() => undefined))
    return this.#call('kernel.connectFabrics', subject, signal, act, { discard, need: toFabrics })
  }
  nvmeAdmin(request: NvmeAdminRequest, signal: AbortSignal): Promise<NvmeAdminReply> {
    const act = (): Promise<NvmeAdminReply> => sendAdmin(this.#base, this.#parts.nvme, request)
    const { device, opcode, cdw10 } = request
    const need = toDevice(this.#base.tree, device)
    return this.#call('kernel.nvmeAdmin', `${device} ${opcode} ${cdw10}`, signal, act, { need })
  }
  greet(request: GreetRequest, signal: AbortSignal): Promise<GreetOutcome> {
    const parts = { network: this.#parts.network, targets: this.#parts.storage.nvme, process: this.#process }
    const act = (): Promise<GreetOutcome> => greet(parts, request)
    return this.#call('kernel.greet', `${request.address} ${request.port}`, signal, act, { need: inLane('socket') })
  }

  #hold(device: string): Hold | 'busy' | 'gone' {
    const { users, blocks } = this.#parts
    const block = blocks.behind(device)
    if (block?.live !== true) return 'gone'
    const close = users.hold(block, this.#process)
    if (close === 'busy') return 'busy'
    const unregister = this.#process.atDeath(close)
    const free = (): void => {
      unregister()
      close()
      this.#process.places?.release()
    }
    return { release: () => this.#call('kernel.release', device, undefined, free) }
  }
  #exchange({ socket, bytes, reply }: DaemonRequest): Promise<Uint8Array> {
    const daemon = this.#parts.sockets.get(socket)
    if (daemon?.reply !== reply) throw this.#base.ledger.unknown(`the daemon socket ${socket} with answers that are ${reply}`)
    return daemon.exchange(bytes)
  }
  get #base(): Base {
    return this.#process.base
  }
  #call<T>(port: PortCall, subject: string, signal: AbortSignal | undefined, work: () => T | Promise<T>, care: Care<T> = {}): Promise<T> {
    const start = (): T | Promise<T> => {
      if (!this.#base.settings.addon) throw addonMissing()
      return work()
    }
    return this.#process.call(port, subject, signal, start, care)
  }
  async #afterIo(device: string): Promise<BlockDevice> {
    const { blocks, users } = this.#parts
    const block = blocks.behind(device)
    if (block === undefined) throw kernelError('ENOENT', 'open', device)
    if (!block.live) throw kernelError('ENXIO', 'open', device)
    return await users.whileOpen(block, this.#process, async () => {
      await this.#base.wait(this.#base.settings.delays.scsi)
      if ((await block.io()) === 'EIO') throw kernelError('EIO', 'fsync', device)
      return block
    })
  }
}
