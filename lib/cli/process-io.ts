import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

import { BrickworkError } from '../core/errors.js'
import type { Io } from './io.js'

/** Exit code after the second stop signal. */
const GAVE_UP = 1

/** The outputs, inputs and signals of this process. Call `outputFailed` at the end: an answer may not have been written. */
export function processIo(): { readonly io: Io; readonly outputFailed: () => boolean } {
  let failed = false
  const { stdout, stderr } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // The reader has closed the pipe (`brickwork list | head -1`). That is no error, and work continues.
    if (error.code === 'EPIPE' || failed) return
    failed = true
    stderr.write(`brickwork: the answer could not be written: ${error.message}\n`)
  })
  stderr.on('error', () => undefined)
  const io: Io = {
    stdout: (chunk) => stdout.write(chunk),
    stderr: (chunk) => stderr.write(chunk),
    read: async (file, signal) => {
      try {
        return file === '-' ? await standardInput(signal) : await readFile(file, { encoding: 'utf8', signal })
      } catch (error) {
        signal.throwIfAborted()
        const why = error instanceof Error ? error.message : String(error)
        throw new BrickworkError('ERR_INVALID_ARGUMENT', `Cannot read ${file === '-' ? 'standard input' : file}: ${why}`, {
          details: { file },
        })
      }
    },
    signal: stopSignal(),
  }
  return { io, outputFailed: () => failed }
}

async function standardInput(signal: AbortSignal): Promise<string> {
  const { stdin } = process
  const stop = () => stdin.destroy()
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await text(stdin)
  } finally {
    signal.removeEventListener('abort', stop)
  }
}

/**
 * Aborts at the first signal, for an orderly end. The second signal ends the process at once; `brickwork recover` cleans up what is left.
 */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(GAVE_UP)
      controller.abort(new BrickworkError('ERR_ABORTED', `Stopped by ${name}`))
    })
  return controller.signal
}
