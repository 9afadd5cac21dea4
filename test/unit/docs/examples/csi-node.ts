import {
  type Attacher,
  type AttachRequest,
  BrickworkError,
  type GrpcStatus,
  type ResizeReport,
  Secret,
  toGrpcStatus,
} from '../../../../lib/index.js'

/** What the controller part wrote into the publish context, for example. */
interface PublishContext {
  readonly portals: string
  readonly iqn: string
  readonly lun: string
  readonly wwid: string
}
interface StageCall {
  readonly volumeId: string
  readonly publishContext: PublishContext
  readonly secrets: { readonly username?: string; readonly password?: string }
  readonly readOnly: boolean
  /** What is left of the call's deadline. */
  readonly leftMs: number
  readonly signal: AbortSignal
}
/** The driver's own work, safe to repeat: formats a new volume, mounts and unmounts it. */
interface Staging {
  mount(device: string, readOnly: boolean): Promise<void>
  unmount(): Promise<void>
}
/** For unmounting after a failure, and for the way back to the caller. */
const RESERVE_MS = 2000

function requestOf({ volumeId, publishContext: { portals, iqn, lun, wwid }, secrets, readOnly }: StageCall): AttachRequest {
  const { username, password } = secrets
  const auth = username === undefined || password === undefined ? {} : { auth: { username, secret: new Secret(password) } }
  return {
    id: volumeId,
    connection: { protocol: 'iscsi', targets: portals.split(',').map((portal) => ({ portal, iqn, lun })), ...auth },
    expected: { wwid },
    policy: { identity: 'require', access: readOnly ? 'ro' : 'rw' },
  }
}

export async function nodeStageVolume(attacher: Attacher, call: StageCall, staging: Staging): Promise<void> {
  const timeoutMs = Math.max(1, call.leftMs - RESERVE_MS)
  const { device, readOnly } = await attacher.attach(requestOf(call), { timeoutMs, signal: call.signal })
  await staging.mount(device, readOnly)
}

export async function nodeUnstageVolume(attacher: Attacher, volumeId: string, staging: Staging, leftMs: number): Promise<void> {
  await staging.unmount()
  await attacher.detach(volumeId, { timeoutMs: Math.max(1, leftMs - RESERVE_MS) })
}

export async function nodeExpandVolume(attacher: Attacher, volumeId: string, requiredBytes: number): Promise<ResizeReport> {
  const report = await attacher.resize(volumeId)
  if (report.sizeBytes >= requiredBytes) return report // then grow the file system, if there is one
  const why = `${volumeId} has ${report.sizeBytes} bytes on this node, not ${requiredBytes} yet`
  throw new BrickworkError('ERR_RESIZE_NOT_CONVERGED', why, { details: { layers: report.layers, wantedBytes: requiredBytes } })
}

/** A handler of `@grpc/grpc-js`: the answer, or the status of the failure. */
export function unary<Q, A>(handle: (request: Q) => Promise<A>) {
  return ({ request }: { readonly request: Q }, callback: (failure: GrpcStatus | null, answer?: A) => void): void => {
    handle(request).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(toGrpcStatus(error)),
    )
  }
}
