/** The public interface of Brickwork. */
export { createAttacher } from './attacher.js'
export type { AttacherOptions } from './attacher-options.js'
export type * from './api/attacher.js'
export type * from './api/attachment.js'
export type * from './api/call.js'
export type * from './api/cinder.js'
export type * from './api/connection.js'
export type * from './api/detach-report.js'
export type * from './api/doctor.js'
export type * from './api/events.js'
export type * from './api/forget.js'
export type * from './api/heal.js'
export type * from './api/identity.js'
export type * from './api/nvme-connection.js'
export type * from './api/policy.js'
export type * from './api/query.js'
export type * from './api/recovery.js'
export type * from './api/topology.js'
export { toCinderConnector } from './cinder-connector.js'
export { toCinderDeviceInfo } from './connection/cinder.js'
export { doctor, type DoctorOptions } from './doctor.js'
export { fromCinder, policyFromCinder } from './forms.js'
export { type BundleFailure, supportBundle, type SupportBundle, type SupportBundleOptions } from './support-bundle.js'
export {
  type AnyBrickworkError,
  type Attempt,
  BrickworkError,
  type BrickworkErrorOptions,
  type ErrorCode,
  type ErrorOptionsOf,
  type WithDetails,
  errorCodes,
  isBrickworkError,
  type MoreOptions,
  type SideEffects,
} from './core/errors.js'
export type { ErrorCodeInfo } from './core/error-codes.js'
export type { AttachmentRef, PartialDetach, PendingWork, WaitHolder } from './core/error-data.js'
export type * from './core/error-details/common.js'
export type * from './core/error-details/details.js'
export type { HostErrorDetails } from './core/error-details/host.js'
export type { VolumeErrorDetails } from './core/error-details/volume.js'
export { errorTable } from './core/error-table.js'
export type { GrpcStatusName } from './core/grpc-status.js'
export { type GrpcStatus, toGrpcStatus } from './core/to-grpc-status.js'
export type { EventStream } from './core/bounded-queue.js'
export type { Clock, Host, Log, Uevent, UeventBatch } from './core/host.js'
export type { CommandTrace, KernelTrace, OperationTrace, StepTrace } from './core/tracing.js'
export { enumerate, identity } from './queries.js'
export { Secret } from './core/secret.js'
export { createHost, type HostOptions, type RealHost } from './host/create-host.js'
export { type ReadUevents, uevents, type UeventsOptions, type UeventStream } from './uevents.js'
