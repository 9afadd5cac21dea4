import { loadAddon } from './native-loader.js'

/**
 * Whether nobody reads the output of this process any more, also while nothing is written: `head -1` has ended. Node.js notices that only at
 * the next write. Without the native part it is never known.
 */
export function readerGone(fd: number): boolean {
  return loadedAddon()?.readerGone(fd) === true
}

function loadedAddon() {
  try {
    return loadAddon()
  } catch {
    return undefined
  }
}
