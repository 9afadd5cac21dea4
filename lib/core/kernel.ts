/** The port to the kernel. Paths are host paths. */
import type { AccessChange } from './access-change.js'
import type { ChangedFiles, ChangedRequest } from './changed-files.js'
import type { FabricsOutcome, GreetOutcome, GreetRequest, NvmeAdminReply, NvmeAdminRequest } from './fabrics-calls.js'
import type { JobResult, JobStep } from './job.js'
import type {
  ConnectOutcome,
  DaemonRequest,
  DeviceMapperRequest,
  DeviceMapperStatus,
  GuardedWrite,
  Hold,
  NewMap,
  Openers,
  RecordChange,
  ScsiReply,
  ScsiRequest,
  WriteOutcome,
} from './kernel-calls.js'
import type { Secret } from './secret.js'
import type { Plan, Tree } from './tree.js'

/** System calls that Node.js lacks, and calls that may hang, which Node.js must not. */
export interface Kernel {
  /**
   * Loads what its calls need. Without it only {@link Kernel.readTree} works.
   * @throws `ERR_NATIVE_UNAVAILABLE`
   */
  load(): void
  /** Reads a part of sysfs in one call. Files that vanish during the call are absent. */
  readTree(plan: Plan, signal: AbortSignal): Promise<Tree>
  /**
   * Reads files of a directory in one call, selected by the ending of their names: those that changed since the call that returned `since`,
   * or all. A file that was written while it was read may be returned again. A missing directory has no files.
   */
  readChanged(request: ChangedRequest, signal: AbortSignal): Promise<ChangedFiles>
  /** Opens `directory` once, compares every guard through that handle, then writes the attribute. */
  write(request: GuardedWrite, signal: AbortSignal): Promise<WriteOutcome>
  /** Sends one SCSI command that reads, through an sg node. A dead device costs the time-out but no thread. A SCSI status is an answer. */
  scsi(request: ScsiRequest, signal: AbortSignal): Promise<ScsiReply>
  /** Opens a TCP connection in the network namespace of the host's daemons, and closes it at once. */
  connect(address: string, port: number, signal: AbortSignal): Promise<ConnectOutcome>
  /** Sends a request over a daemon's abstract socket and returns the reply. Sends nothing unless the peer is root. */
  exchange(request: DaemonRequest, signal: AbortSignal): Promise<Uint8Array>
  /** Opens a block device with O_EXCL and holds it. `busy`: a mount in any namespace, LVM, md, dm, swap or another opener has it. */
  hold(device: string, signal: AbortSignal): Promise<Hold | 'busy' | 'gone'>
  /** Runs fsync and BLKFLSBUF on a block device, in a helper process. Takes as long as the device needs. */
  flush(device: string, signal: AbortSignal): Promise<void>
  /** Reads `length` bytes at `offset` with O_DIRECT, in a helper process. */
  readDirect(device: string, offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>
  /**
   * Processes that have one of these block devices (`8:16`) or character devices (`c21:3`) open, from /proc: one entry for each open file.
   * Leaves out the holds of Brickwork. QEMU and backup programs, for example, open devices without O_EXCL.
   */
  openers(devices: readonly string[], signal: AbortSignal): Promise<Openers>
  /** Sends device-mapper an ioctl about the device of this uuid; `undefined` if there is no such device. */
  deviceMapper(request: DeviceMapperRequest, signal: AbortSignal): Promise<DeviceMapperStatus | undefined>
  /** Removes the device-mapper device of this uuid, in a helper process. `busy`: it is open. */
  removeMap(uuid: string, signal: AbortSignal): Promise<'removed' | 'busy' | 'gone'>
  /**
   * Creates a multipath device with a live table, or nothing, in a helper process. `busy`: a device of this name or uuid exists, or a path
   * is in use or cannot be opened yet.
   */
  createMap(map: NewMap, signal: AbortSignal): Promise<'created' | 'busy'>
  /**
   * Makes a block device read-only or read-write for the kernel (BLKROSET), in a helper process. A device that its driver has made
   * read-only stays read-only. `unchanged`: it was in that state before. `gone`: there is no such device, or it is another disk.
   */
  setReadOnly(change: AccessChange, signal: AbortSignal): Promise<'changed' | 'unchanged' | 'gone'>
  /**
   * Replaces or removes (`text: undefined`) a file under open-iscsi's own database lock, in one native call: temporary file, mode 0600,
   * rename.
   */
  changeRecord(change: RecordChange, signal: AbortSignal): Promise<'done' | 'lock-timeout'>
  /**
   * The options that the kernel's NVMe over Fabrics driver knows, as it lists them: `instance=-1,cntlid=-1,transport=%s,…`. `undefined`: the
   * driver has no list (before Linux 5.17).
   * @throws `ERR_KERNEL` with `ENOENT` if there is no driver
   */
  fabricsOptions(signal: AbortSignal): Promise<string | undefined>
  /**
   * Connects an NVMe over Fabrics controller by one write to `/dev/nvme-fabrics`, in a helper process in the network namespace of the host's
   * daemons. The kernel makes one connect after another. A connect that has begun can't be cancelled: after an abort the helper deletes the
   * controller as soon as it comes. The wait for it does not keep the process alive.
   * @param options the option string, which may contain secrets
   */
  connectFabrics(options: Secret, signal: AbortSignal): Promise<FabricsOutcome>
  /**
   * Sends an admin command that reads to an NVMe controller, in a helper process: Identify, Get Log Page or Get Features.
   * @throws `ERR_INVALID_ARGUMENT` for any other command
   */
  nvmeAdmin(request: NvmeAdminRequest, signal: AbortSignal): Promise<NvmeAdminReply>
  /**
   * Opens a TCP connection in the network namespace of the host's daemons, sends bytes, waits for the answer, and closes the connection.
   * A peer may accept a connection and then stay silent.
   */
  greet(request: GreetRequest, signal: AbortSignal): Promise<GreetOutcome>
  /**
   * Carries out a list of primitives in order, with one answer. It ends at the first step that fails, at the first whose answer ends the
   * job, and when the signal aborts: then no further step begins. Resolves in each of these cases, and says how far the job came.
   * @throws `ERR_INVALID_ARGUMENT` before the first step. `ERR_NATIVE_UNAVAILABLE`
   */
  runJob<const Steps extends readonly JobStep[]>(steps: Steps, signal: AbortSignal): Promise<JobResult<Steps>>
}
