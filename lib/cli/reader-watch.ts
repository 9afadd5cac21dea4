/** Notices that the reader of standard output has gone. Writing notices it too, but a stream may have nothing to write for hours. */

const STDOUT = 1
const EVERY_MS = 200

/** Calls `gone` at most once. */
export function watchReader(gone: () => void): { readonly stop: () => void } {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const stop = () => {
    stopped = true
    clearInterval(timer)
  }
  void import('../host/reader-gone.js').then(({ readerGone }) => {
    if (stopped) return
    timer = setInterval(() => {
      if (!readerGone(STDOUT)) return
      stop()
      gone()
    }, EVERY_MS)
  })
  return { stop }
}
