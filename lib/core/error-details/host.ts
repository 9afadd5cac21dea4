/** `details` of errors about this host: its files, programs, daemons and kernel. */
import type { CommonDetails, ProgramDetails, SystemCallDetails } from './common.js'

/** Details of errors about this host. Fields may be added to a code; none is removed or gets another meaning. */
export type HostErrorDetails = {
  /** Which file cannot be used. */
  readonly ERR_STATE: ProgramDetails & {
    /** The state file. */
    readonly file?: string
    /** The node record that open-iscsi cannot read. */
    readonly record?: string
    /** Its lines that this version of open-iscsi does not know. */
    readonly unknown?: readonly string[]
  }
  /** Which program is missing. */
  readonly ERR_TOOL_MISSING: {
    /** The program. */
    readonly program?: string
    /** Name of its package in Debian. */
    readonly package?: string
  }
  /** What the program answered. */
  readonly ERR_TOOL_FAILED: ProgramDetails
  /** Which daemon does not answer. */
  readonly ERR_DAEMON_UNREACHABLE: ProgramDetails & {
    /** Name of its socket. */
    readonly socket?: string
    /** The command that got no answer. */
    readonly command?: string
    /** Name of the error: `ECONNREFUSED`. */
    readonly errno?: string | undefined
  }
  /** What was refused. */
  readonly ERR_PERMISSION: SystemCallDetails &
    ProgramDetails & {
      /** The program that cannot be run in the host's namespaces. */
      readonly program?: string
      /** The socket that a program of another user has. */
      readonly socket?: string
      /** Effective user id of this process, if it may not attach volumes at all. */
      readonly uid?: number
      /** Its effective capabilities, as hexadecimal digits. */
      readonly capabilities?: string
    }
  /** Which system call failed. */
  readonly ERR_KERNEL: SystemCallDetails & {
    /** Process id of a helper that ended. */
    readonly pid?: number | undefined
    /** Its exit code. */
    readonly exitCode?: number | null
    /** The signal that ended it. */
    readonly signal?: string | null
  }
  /** Where calls hang. */
  readonly ERR_STUCK_IN_KERNEL: {
    /** The device of the call. */
    readonly device?: string
    /** The SCSI host. */
    readonly host?: string
    /** How many calls to devices of this host have not been answered. */
    readonly stuck?: number
  }
  /** Nothing; the message says what was not understood. */
  readonly ERR_PARSE: CommonDetails
  /** What was tried, on which machine. */
  readonly ERR_NATIVE_UNAVAILABLE: {
    /** Files that were tried. */
    readonly tried?: readonly string[]
    /** `linux`. */
    readonly platform?: string
    /** Architecture: `x64`. */
    readonly arch?: string
    /** C library of the host. */
    readonly libc?: string
    /** Version of Node.js. */
    readonly node?: string
    /** Version of Node.js's binary interface. */
    readonly abi?: string
    /** The helper program that could not be started. */
    readonly program?: string | undefined
  }
  /** Which platform this is. */
  readonly ERR_UNSUPPORTED_PLATFORM: {
    /** Platform of this process, as Node.js names it. */
    readonly platform?: string
    /** File that the root directory of every Linux host has, and this one lacks. */
    readonly path?: string
  }
  /** Which invariant is broken. */
  readonly ERR_INTERNAL: {
    /** The invariant. */
    readonly invariant?: string
    /** Key of the object that it is about. */
    readonly key?: string
    /** Id of the attachment. */
    readonly id?: string
  }
}
