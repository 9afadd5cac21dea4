/** Promises that the demonstrations of every transport make of a volume in use. */
import { type Attacher, isBrickworkError } from '../../lib/index.js'
import { kib, lastLine, within } from './measure.js'
import type { Narrator } from './narrator.js'
import type { Writer } from './writer.js'

/** Waits until this many more bytes have reached the volume. */
export async function written(tell: Narrator, writer: Writer, more: number, limitMs: number): Promise<void> {
  const goal = writer.bytes + more
  const there = await within(limitMs, () => Promise.resolve(writer.bytes >= goal))
  tell.promise(`${kib(writer.bytes)} written and flushed to the volume`, there)
}
export async function refuseWhileMounted(tell: Narrator, attacher: Attacher, id: string): Promise<void> {
  const error: unknown = await attacher.detach(id).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  await lastLine()
  tell.promise(isBrickworkError(error) ? `${error.code}: ${error.message}` : 'it was not refused', isBrickworkError(error, 'ERR_HELD'))
}
