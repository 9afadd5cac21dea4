/**
 * The documents that `--json` prints, by command. Each also has the field `version`. Fields may be added to a version; none is removed, and
 * none changes its meaning.
 */
import type { ErrorCode, SideEffects } from '../core/errors.js'
import type {
  Attachment,
  AttachmentSummary,
  BlockTopology,
  CinderConnector,
  DetachReport,
  DoctorReport,
  ForgetReport,
  HealReport,
  HealthEvent,
  HostIdentity,
  Inspection,
  OperationEvent,
  RecoveryReport,
  ResizeReport,
  StepName,
  SupportBundle,
} from '../index.js'

/** Version of the shape of all documents. */
export const DOCUMENT_VERSION = 1

/** The answer of each command, on standard output. */
export interface Documents {
  /** The attachment. */
  readonly attach: Attachment
  /** What was checked and removed. */
  readonly detach: DetachReport
  /** All attachments of the owner, sorted by id. */
  readonly list: ListDocument
  /** One attachment. */
  readonly inspect: InspectDocument
  /** The topology of the host; with `--follow` one for each change. */
  readonly enumerate: BlockTopology
  /** The names of the host; with `--cinder` its connector for OpenStack. */
  readonly identity: HostIdentity | CinderConnector
  /** What the recovery did, or with `--dry-run` would do. */
  readonly recover: RecoveryReport
  /** The sizes before and after. */
  readonly resize: ResizeReport
  /** What stays on the host. */
  readonly forget: ForgetReport
  /** What was done for each path. */
  readonly heal: HealReport
  /** One for each event. */
  readonly watch: HealthEvent
  /** The checks, with their answers. */
  readonly doctor: DoctorReport
  /** The bundle; with FILE the name of that file. */
  readonly 'support-bundle': BundleDocument | WrittenDocument
  /** How long the volumes of the file took. */
  readonly bench: BenchDocument
}
/** On standard error, one to a line. */
export interface DiagnosticDocuments {
  /** The command failed. */
  readonly error: ErrorDocument
  /** With `--verbose`: a step begins or ends, or a note. */
  readonly event: EventDocument
}

/** Answer of `brickwork inspect`. */
export interface InspectDocument extends Omit<Inspection, 'connection'> {
  /** The connection as it was recorded: without secrets. */
  readonly connection: Readonly<Record<string, unknown>> & {
    /** The protocol. */
    readonly protocol: string
  }
}
/** Answer of `brickwork support-bundle`. */
export interface BundleDocument extends SupportBundle {
  /** Version of Brickwork. */
  readonly brickwork: string
}
/** Answer of `brickwork support-bundle FILE`. */
export interface WrittenDocument {
  /** The file that was written. */
  readonly file: string
}
/** Answer of `brickwork list`. */
export interface ListDocument {
  /** All attachments of the owner, sorted by id. */
  readonly attachments: readonly ListedAttachment[]
}
/** An attachment in a list. */
export interface ListedAttachment extends AttachmentSummary {
  /** The paths of its multipath map; empty for other devices. */
  readonly paths: readonly ListedPath[]
}
/** A path in a list. */
export interface ListedPath {
  /** Device node of the path: `/dev/sdb`. */
  readonly device: string
  /** Device-mapper's state of the path: `active`, `failed`. Absent if it could not be queried. */
  readonly state?: string
  /** Portal of its iSCSI session. */
  readonly portal?: string
  /** The kernel's state of its iSCSI session: `LOGGED_IN`, `FAILED`, … */
  readonly session?: string
}
/** Answer of `brickwork bench`. */
export interface BenchDocument {
  /** How many volumes the file names. */
  readonly volumes: number
  /** How often all of them were attached and detached. */
  readonly rounds: number
  /** How many were attached or detached at once, at most. */
  readonly atOnce: number
  /** The attaches. */
  readonly attach: BenchPhase
  /** The detaches. */
  readonly detach: BenchPhase
  /** Volumes with fewer paths than their connection names, in the round with most of them. */
  readonly degraded: number
  /** The rounds, in their order. */
  readonly eachRound: readonly BenchRound[]
}
/** One round of a bench. */
export interface BenchRound {
  /** The attaches. */
  readonly attach: BenchTimes
  /** The detaches. */
  readonly detach: BenchTimes
  /** Volumes with fewer paths than their connection names. */
  readonly degraded: number
}
/** When volumes were done, in milliseconds since the first call of the round. */
export interface BenchTimes {
  /** The first volume. */
  readonly firstMs: number
  /** The median of all volumes. */
  readonly medianMs: number
  /** The last volume. */
  readonly lastMs: number
}
/** All attaches, or all detaches. The times are medians of the rounds. */
export interface BenchPhase extends BenchTimes {
  /** The steps, in their order. */
  readonly steps: readonly BenchStep[]
  /** Programs that Brickwork ran, in all rounds together. */
  readonly programs: readonly {
    /** Name of the program: `iscsiadm`. */
    readonly name: string
    /** How often it was run. */
    readonly count: number
  }[]
  /** Processor time of Brickwork's own process in a round, in milliseconds. */
  readonly processorMs: number
}
/** A step of a bench, in all rounds together. */
export interface BenchStep {
  /** Name of the step. */
  readonly step: StepName
  /** How often it ran: some run once for each path. */
  readonly count: number
  /** Median of its durations, in milliseconds. */
  readonly medianMs: number
  /** Its longest duration, in milliseconds. */
  readonly longestMs: number
}
/** A failure. */
export interface ErrorDocument {
  /** The failure, with the fields of a `BrickworkError`. */
  readonly error: {
    /** What failed. */
    readonly code: ErrorCode
    /** What failed, for people. It may change. */
    readonly message: string
    /** State of the host. */
    readonly sideEffects: SideEffects
    /** Whether the same command may succeed later. Then the exit code is 75. */
    readonly retryable: boolean
    /** Data about the failure. */
    readonly details: Readonly<Record<string, unknown>>
    /** The step that failed. */
    readonly step?: string
    /** Id of the attachment. */
    readonly volume?: string
    /** Paths that were tried. */
    readonly attempts?: readonly {
      /** The path in a few words. */
      readonly path: string
      /** The step that failed. */
      readonly step: string
      /** Why it failed. */
      readonly code: ErrorCode
      /** The reason for people. */
      readonly message: string
    }[]
  }
}
/** An event of `--verbose`. */
export interface EventDocument {
  /** The event. */
  readonly event: OperationEvent
}
