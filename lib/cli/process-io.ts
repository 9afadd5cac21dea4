import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'

import { BrickworkError } from '../core/errors.js'
import { usesColour } from './colour.js'
import type { Io, LostOutput, Screen } from './io.js'
import { watchReader } from './reader-watch.js'

/** Exit code after the second stop signal. */
const GAVE_UP = 1

/** The outputs, inputs and signals of this process. */
export function processIo(): Io {
  const { stdout, stderr } = process
  const lost = new AbortController()
  const pending = new Set<Promise<void>>()
  const lose = ({ message, code: errno }: NodeJS.ErrnoException) => {
    const reason: LostOutput = { message, errno }
    if (!lost.signal.aborted) lost.abort(reason)
  }
  stdout.on('error', lose)
  stderr.on('error', () => undefined)
  const write = (stream: NodeJS.WriteStream, chunk: string) => {
    const written = new Promise<void>((resolve) => stream.write(chunk, () => resolve()))
    pending.add(written)
    void written.finally(() => pending.delete(written))
  }
  return {
    stdout: (chunk) => {
      if (!lost.signal.aborted) write(stdout, chunk)
    },
    stderr: (chunk) => write(stderr, chunk),
    colours: { stdout: usesColour(stdout.isTTY, process.env), stderr: usesColour(stderr.isTTY, process.env) },
    screen: screenOf(stderr, process.env['TERM']),
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
    ask: process.stdin.isTTY && stderr.isTTY ? askOn(stderr) : undefined,
    signal: stopSignal(),
    outputLost: lost.signal,
    watchReader: () => watchReader(() => lose({ name: 'Error', message: 'write EPIPE', code: 'EPIPE' })),
    flushed: async () => {
      while (pending.size > 0) await Promise.all(pending)
      // The event 'error' follows the callback of the write.
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

/** Without the name of a terminal, nothing is known about what it understands. */
function screenOf(terminal: NodeJS.WriteStream, name = 'dumb'): Screen | undefined {
  if (!terminal.isTTY || name === 'dumb') return undefined
  const on = (event: 'exit' | 'SIGCONT') => (act: () => void) => {
    process.on(event, act)
    return { [Symbol.dispose]: () => void process.off(event, act) }
  }
  // A pseudo terminal whose size nobody has set has 0 columns.
  const size = () => ({ columns: terminal.columns || 80, rows: terminal.rows || 24 })
  return { size, onExit: on('exit'), onContinue: on('SIGCONT') }
}

function askOn(output: NodeJS.WriteStream): NonNullable<Io['ask']> {
  return async (question, signal) => {
    const { createInterface } = await import('node:readline/promises')
    // Not as a terminal: SIGINT stays a signal of the process, and the mode of the terminal stays as it is.
    const lines = createInterface({ input: process.stdin, output, terminal: false })
    try {
      // The end of the input is no answer.
      const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
      return await Promise.race([lines.question(question, { signal }), closed])
    } finally {
      lines.close()
    }
  }
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
