import { writeFile } from 'node:fs/promises'
import { BrickworkError, supportBundle } from '../../index.js'
import type { Given, Task } from '../command.js'
import { hostOptions } from './host-options.js'
import { version } from '../version.js'

export async function prepareSupportBundle(given: Given): Promise<Task> {
  const {
    operands: [target],
    options: { deep, anonymous },
  } = given
  const host = await hostOptions(given)
  return async ({ call: { signal } }) => {
    const bundle = await supportBundle({
      deep,
      anonymous,
      ...host,
      ...(signal === undefined ? {} : { signal }),
    })
    const document = { brickwork: version(), ...bundle }
    const text = JSON.stringify(document, null, 1)
    if (target === undefined) return { document, lines: text.split('\n') }
    await save(target, text)
    return { document: { file: target }, lines: [`Wrote ${target}. Read it before you pass it on.`] }
  }
}

/** The file must not exist: a link that somebody placed there would be followed. */
async function save(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, `${text}\n`, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new BrickworkError('ERR_INVALID_ARGUMENT', `Cannot write ${file}: ${why}`, { details: { file } })
  }
}
