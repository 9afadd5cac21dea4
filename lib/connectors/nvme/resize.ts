/** Makes every path and the head use the new size. A path of another size than the head's takes no I/O. */
import type { ResizedLayer } from '../../api/attacher.js'
import { Window } from '../../core/deadline.js'
import { BrickworkError, isBrickworkError } from '../../core/errors.js'
import { isLive } from '../../linux/nvme/controller.js'
import { readSubsystem } from '../../linux/nvme/read.js'
import { UNANNOUNCED_MS } from '../../linux/wait.js'
import type { Resized } from '../../operation/connector.js'
import type { Entry } from '../../operation/entry.js'
import { reverify } from '../../operation/identity.js'
import { text } from '../../operation/object-data.js'
import type { Operation } from '../../operation/operation.js'
import { rescan } from './find-namespace.js'
import { locateNamespace, namespaceIn, type NamespaceNow, namespacesOf } from './locate.js'

/** A healthy controller looks again within milliseconds. */
const CONVERGED_MS = 6000
const RESCANS_MS = [0, 300, 1000]
const RESCAN_EVERY_MS = 2000

export async function resizeNamespace(operation: Operation, entry: Entry, wantedBytes: number | undefined): Promise<Resized> {
  const [object] = namespacesOf(entry)
  const attached = await operation.progress.step('find', () => locateNamespace(operation, entry))
  if (attached === undefined || object === undefined)
    throw new BrickworkError('ERR_TARGET_UNREACHABLE', `${entry.result?.device ?? 'The device'} is gone or has changed`)
  await operation.progress.step('verify', () => reverify(operation, attached.sources, undefined))
  const before = attached.device.sizeBytes
  const [nqn, wwid] = [text(object.data, 'nqn'), text(object.data, 'wwid')]
  const first = namespaceIn(await readSubsystem(operation.host, nqn, operation.signal), wwid)
  const sizes = new Map((first?.paths ?? []).map(({ path }) => [path.name, path.sizeBytes ?? before]))
  const now = await operation.progress.step('rescan', () => converge(operation, { nqn, wwid, wantedBytes, before }))
  const device = `/dev/${now.head.name}`
  const layers: ResizedLayer[] = now.paths
    .filter(({ path }) => path.hidden)
    .map(({ controller, path }) => ({
      device: `/dev/${controller.name}`,
      beforeBytes: sizes.get(path.name) ?? before,
      afterBytes: path.sizeBytes ?? 0,
    }))
  const head = { device, beforeBytes: before, afterBytes: now.head.sizeBytes }
  return { device, beforeBytes: before, sizeBytes: now.head.sizeBytes, layers: [...layers, head] }
}

interface Wanted {
  readonly nqn: string
  readonly wwid: string
  readonly wantedBytes: number | undefined
  readonly before: number
}
/** Asks all live controllers of the subsystem to look again, until they agree. */
async function converge(operation: Operation, { nqn, wwid, wantedBytes, before }: Wanted): Promise<NamespaceNow> {
  const { host } = operation
  const from = host.clock.now()
  const due = [...RESCANS_MS]
  using window = new Window(host.clock, Math.min(CONVERGED_MS, operation.remainingMs), operation.signal, 'the size')
  for (let rounds = 0; ; ) {
    const seen = await readSubsystem(host, nqn, operation.signal)
    const now = namespaceIn(seen, wwid)
    if (now === undefined) throw new BrickworkError('ERR_TARGET_UNREACHABLE', 'The namespace was lost', { details: { target: nqn } })
    if (rounds > 1 && agree(now, wantedBytes)) return now
    if (window.signal.aborted) throw notConverged(now, before, wantedBytes)
    if (host.clock.now() - from >= (due[0] ?? 0)) {
      const next = due.shift() ?? 0
      if (due.length === 0) due.push(next + RESCAN_EVERY_MS)
      await Promise.all(seen.controllers.filter(isLive).map((controller) => rescan(operation, controller)))
    }
    rounds += 1
    await host.clock.sleep(UNANNOUNCED_MS, window.signal).catch((error: unknown) => {
      operation.signal.throwIfAborted()
      if (!isBrickworkError(error, 'ERR_TIMEOUT')) throw error
    })
  }
}
/** Paths of controllers that are not live are read when they come back. */
function agree({ head, paths }: NamespaceNow, wantedBytes: number | undefined): boolean {
  const live = paths.filter(({ controller, path }) => isLive(controller) && path.hidden)
  return live.every(({ path }) => path.sizeBytes === head.sizeBytes) && (wantedBytes === undefined || head.sizeBytes === wantedBytes)
}
function notConverged({ head, paths }: NamespaceNow, before: number, wantedBytes: number | undefined): BrickworkError {
  const layers = [
    ...paths.map(({ controller, path }) => ({ device: `/dev/${controller.name}`, beforeBytes: before, afterBytes: path.sizeBytes ?? 0 })),
    { device: `/dev/${head.name}`, beforeBytes: before, afterBytes: head.sizeBytes },
  ]
  const wanted = wantedBytes === undefined ? '' : `, ${wantedBytes} bytes are expected`
  return new BrickworkError(
    'ERR_RESIZE_NOT_CONVERGED',
    `The paths of /dev/${head.name} do not all show its size of ${head.sizeBytes} bytes${wanted}`,
    {
      details: { layers, ...(wantedBytes === undefined ? {} : { wantedBytes }) },
    },
  )
}
