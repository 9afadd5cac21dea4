/** The identity of a namespace: as the kernel read it, and as the target answers now. */
import { BrickworkError } from '../../core/errors.js'
import { LinkedSignal, until } from '../../core/signal.js'
import { askIdentity, askSize, type LiveIds } from '../../linux/nvme/identify.js'
import type { NamespaceIds } from '../../linux/nvme/namespace.js'
import type { IdentitySource, ShownIdentity } from '../../operation/identity.js'
import type { Operation } from '../../operation/operation.js'

/** A namespace as the kernel has it, and who can be asked about it. */
export interface NamespaceSource {
  /** `nvme0n1` */
  readonly name: string
  readonly ids: NamespaceIds
  readonly sizeBytes: number
  /** Serial number of the subsystem. It names no namespace. */
  readonly serial: string | undefined
  /** Names of the controllers that may be asked. */
  readonly controllers: readonly string[]
}

export function shownIdentity({ ids, serial }: Pick<NamespaceSource, 'ids' | 'serial'>): ShownIdentity {
  const { wwid, uuid, nguid, eui64 } = ids
  // A wwid of this form is made of vendor, serial number, model and number: it names a place.
  const isName = wwid !== undefined && !wwid.startsWith('nvme.')
  // Of a namespace without a UUID, Cinder's drivers know the NGUID as its UUID.
  const names = [
    ...(uuid === undefined ? [] : [`uuid.${uuid}`]),
    ...(nguid === undefined ? [] : [`eui.${nguid}`, ...(uuid === undefined ? [`uuid.${nguid}`] : [])]),
    ...(eui64 === undefined ? [] : [`eui.${eui64}`]),
  ]
  return { identity: isName ? { scheme: 'nvme', id: wwid } : null, wwid, serial, names }
}

/** Whether two identities are those of one namespace. A volume may gain an identifier, and never changes one. */
export function sameIdentity(a: LiveIds, b: LiveIds): boolean {
  const kinds = ['uuid', 'nguid', 'eui64'] as const
  const shared = kinds.filter((kind) => a[kind] !== undefined && b[kind] !== undefined)
  const isNameless = (ids: LiveIds) => kinds.every((kind) => ids[kind] === undefined)
  return shared.length === 0 ? isNameless(a) && isNameless(b) : shared.every((kind) => a[kind] === b[kind])
}

export function namespaceIdentity(source: NamespaceSource): IdentitySource {
  const device = `/dev/${source.name}`
  return {
    device,
    shown: shownIdentity(source),
    sizeBytes: source.sizeBytes,
    verifyLive: (operation) => verifyLive(operation, source),
    liveSize: async (operation) => {
      const { nsid } = source.ids
      if (nsid === undefined) return undefined
      return await firstAnswer(operation, source.controllers, (name, signal) => askSize(operation.host, name, nsid, signal))
    },
  }
}

/**
 * Asks all controllers at once. One that agrees is enough: they are paths to one subsystem, in which a number is one namespace.
 * @throws `ERR_IDENTITY_MISMATCH` with `details.stale`; `ERR_IDENTITY_UNKNOWN` when none answers.
 */
async function verifyLive(operation: Operation, { name, ids, controllers }: NamespaceSource): Promise<void> {
  const { nsid } = ids
  const device = `/dev/${name}`
  const ask = (controller: string, signal: AbortSignal) =>
    nsid === undefined ? Promise.resolve(undefined) : askIdentity(operation.host, controller, nsid, signal)
  const answer = await firstAnswer(operation, controllers, ask)
  if (answer === undefined)
    throw new BrickworkError('ERR_IDENTITY_UNKNOWN', `${device} existed before, and no controller says which namespace it is now`, {
      details: { device },
    })
  if (answer !== 'absent' && sameIdentity(ids, answer)) return
  const found = answer === 'absent' ? 'no namespace' : (answer.uuid ?? answer.nguid ?? answer.eui64 ?? 'no identity')
  throw new BrickworkError(
    'ERR_IDENTITY_MISMATCH',
    `${device} is not the namespace that the kernel found: its number leads to ${found} now, and led to ${ids.wwid ?? 'none'} before`,
    { details: { device, found, before: ids.wwid, stale: true } },
  )
}

/** The first answer; `undefined` when there is none. A silent controller keeps its helper, not the caller. */
async function firstAnswer<T>(
  { signal }: Operation,
  controllers: readonly string[],
  ask: (controller: string, signal: AbortSignal) => Promise<T | undefined>,
): Promise<T | undefined> {
  using ended = new LinkedSignal(signal)
  const answers = controllers.map((controller) => ask(controller, ended.signal))
  const first = new Promise<T | undefined>((resolve, reject) => {
    for (const answer of answers) answer.then((value) => (value === undefined ? undefined : resolve(value)), reject)
    void Promise.allSettled(answers).then(() => resolve(undefined))
  })
  try {
    return await until(first, signal)
  } finally {
    ended.abort(new BrickworkError('ERR_ABORTED', 'Another controller has answered'))
  }
}
