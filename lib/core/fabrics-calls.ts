/** Types of the kernel port's calls for NVMe over Fabrics. */

/** Result of a connect. */
export type FabricsOutcome =
  | {
      readonly outcome: 'connected'
      /** Number of the controller: 3 of `nvme3`. */
      readonly instance: number
      readonly controller: NewController
    }
  | {
      readonly outcome: 'failed'
      /** Name of the error: `ECONNREFUSED`. */
      readonly errno: string
    }
/**
 * A controller that this process has just connected. A helper process keeps a handle of it, and deletes it when it is discarded, and when
 * this process ends before it is kept.
 */
export interface NewController {
  /** It is recorded: it stays from now on, also if this process ends. */
  keep(): Promise<void>
  /** Deletes this controller, and never another one that has its number now. Resolves when the kernel has deleted it. */
  discard(): Promise<void>
}

/** An NVMe admin command that reads. The driver's own time-out applies: a shorter one would reset the controller for everybody. */
export interface NvmeAdminRequest {
  /** Character device of a controller: `/dev/nvme3`. */
  readonly device: string
  readonly opcode: number
  readonly nsid: number
  readonly cdw10: number
  /** Number of bytes to read. */
  readonly length: number
}
export interface NvmeAdminReply {
  /** NVMe status: 0 for success. Any other status is an answer too. */
  readonly status: number
  readonly data: Uint8Array
}

export interface GreetRequest {
  readonly address: string
  readonly port: number
  /** What is sent once the TCP connection is there. */
  readonly bytes: Uint8Array
  /** Number of bytes to wait for. The connection is then closed. */
  readonly length: number
}
export type GreetOutcome =
  | { readonly outcome: 'answered'; readonly bytes: Uint8Array }
  /** `error`: name of the error; `EPIPE` when the other side closes the connection before its answer is complete. */
  | { readonly outcome: 'failed'; readonly error: string }
