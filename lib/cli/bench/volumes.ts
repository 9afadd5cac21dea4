/** Reads the file of `brickwork bench`: the volumes that it may attach, and no others. */
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { checks } from '../../forms.js'
import type { AttachRequest, PartialPolicy } from '../../index.js'
import { objectIn, partsOf } from '../document.js'
import { mergedPolicy } from '../policy-option.js'

/** Nothing is written to a volume, and a volume that the file does not name is not attached. */
const ALWAYS: PartialPolicy = { access: 'ro', identity: 'require' }

/**
 * @param policy of the command line; it takes precedence over the file's
 * @throws `ERR_INVALID_ARGUMENT` naming the file and the volume. The message never contains a value, which may be a secret.
 */
export function volumesIn(text: string, file: string, policy: PartialPolicy | undefined): readonly AttachRequest[] {
  const { volumes, ...more } = objectIn(text, file)
  const [unknown] = Object.keys(more)
  if (unknown !== undefined) throw invalid(file, `has the field '${unknown}', which is not known: there is only 'volumes'`)
  if (!Array.isArray(volumes) || volumes.length === 0) throw invalid(file, `needs 'volumes', a list of at least one volume`)
  const requests = volumes.map((volume: unknown, index) => requestOf(volume, index, file, policy))
  requireDifferent(requests, file)
  return requests
}

function requestOf(volume: unknown, index: number, file: string, policy: PartialPolicy | undefined): AttachRequest {
  const place = `volumes[${index}]`
  if (typeof volume !== 'object' || volume === null || Array.isArray(volume)) throw invalid(file, `${place}: must be an object`)
  const parts = inPlace(file, place, () => partsOf(volume, place))
  if ('timeoutMs' in parts) throw invalid(file, `${place}.timeoutMs: is no field of a bench: use --timeout`)
  const request = inPlace(file, place, () => checks.request({ id: `bench-${index + 1}`, ...parts }))
  const { wwid, serial, uuid, nguid } = request.expected ?? {}
  if ([wwid, serial, uuid, nguid].every((name) => name === undefined))
    throw invalid(file, `${place}.expected: must name the volume by wwid, serial, uuid or nguid, so that no other volume is attached`)
  // Its device is on the host before the attach: there is nothing to measure, and others may use it.
  if (request.connection.protocol === 'local') throw invalid(file, `${place}.connection: a local device is on this host already`)
  return {
    ...request,
    policy: [request.policy, policy, ALWAYS].reduce<PartialPolicy>((lower, upper = {}) => mergedPolicy(lower, upper), {}),
  }
}

/** Two entries of one volume would be one attachment. */
function requireDifferent(requests: readonly AttachRequest[], file: string): void {
  const keys = (request: AttachRequest) => [request.id, JSON.stringify(request.connection)]
  for (const [index, request] of requests.entries()) {
    const first = requests.findIndex((other) => keys(other).some((key) => keys(request).includes(key)))
    if (first < index) throw invalid(file, `volumes[${index}]: is the volume or has the id of volumes[${first}]`)
  }
}

function inPlace<T>(file: string, place: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    const what = error.message.startsWith(place) ? error.message : `${place}: ${error.message}`
    throw error.with({ message: `${file === '-' ? 'Standard input' : file}: ${what}` })
  }
}
function invalid(file: string, why: string): BrickworkError {
  return new BrickworkError('ERR_INVALID_ARGUMENT', `${file === '-' ? 'Standard input' : file}: ${why}`, { details: { file } })
}
