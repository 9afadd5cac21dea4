import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

import { BrickworkError } from '../core/errors.js'
import type { Io } from './io.js'

/** How a process that was told to stop twice ends. */
const GAVE_UP = 1

/** The outputs, inputs and signals of this process. `outputFailed` is for the end: the answer may not have got through. */
export function processIo(): { readonly io: Io; readonly outputFailed: () => boolean } {
  let failed = false
  const { stdout, stderr } = process
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    // Nobody reads any more (`brickwork list | head -1`): no reason to complain, nor to leave work undone.
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

/** The first signal asks for an orderly end, the second one gets one at once; what is left then is for `brickwork recover`. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(GAVE_UP)
      controller.abort(new BrickworkError('ERR_ABORTED', `Stopped by ${name}`))
    })
  return controller.signal
}
