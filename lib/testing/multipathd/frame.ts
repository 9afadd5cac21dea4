/** multipathd's frames, in both directions: a native size_t, then so many bytes of text, with a NUL at the end (libmpathcmd). */
import { textOf } from '../files/nodes.js'

const LENGTH_BYTES = 8

/** The command in a frame; `undefined` when the daemon would wait for more, or take the rest for another command. */
export function commandOf(frame: Uint8Array): string | undefined {
  if (frame.length <= LENGTH_BYTES) return undefined
  const length = new DataView(frame.buffer, frame.byteOffset).getBigUint64(0, true)
  const text = textOf(frame.subarray(LENGTH_BYTES))
  return length === BigInt(frame.length - LENGTH_BYTES) && text.indexOf('\0') === text.length - 1 ? text.slice(0, -1) : undefined
}
