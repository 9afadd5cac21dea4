/** `--explain CODE`: what an error code means, what may be left on the host, and what to do. */
import { errorTable } from '../core/error-table.js'
import { errorCodes } from '../core/errors.js'
import { RETRYABLE } from './exit-code.js'
import { unknownWord } from './given-values.js'
import { STATE_OF_HOST } from './text/failure.js'
import { columns } from './text/layout.js'

/** @throws `ERR_INVALID_ARGUMENT` for a code that does not exist */
export function explain(text: string): string {
  const code = errorCodes.find((each) => each === normal(text))
  if (code === undefined) throw unknownWord('Unknown error code', text, errorCodes)
  const { meaning, advice, retryable, sideEffects, exitCode } = errorTable[code]
  const withoutTicks = (sentence: string) => sentence.replaceAll('`', '')
  return [
    `${code}: ${withoutTicks(meaning)}`,
    '',
    ...columns([
      ['What to do:', withoutTicks(advice)],
      ['Try again:', retryable ? 'yes, the same command may succeed later' : 'no, not without a change'],
      ['Exit code:', String(retryable ? RETRYABLE : exitCode)],
    ]),
    '',
    'What the host may look like afterwards ("host:" in the message, sideEffects in JSON):',
    ...columns(sideEffects.map((each) => [`  ${each}`, STATE_OF_HOST[each]])),
    '',
  ].join('\n')
}

/** `held` and `err_held` are ERR_HELD. */
function normal(text: string): string {
  const upper = text.toUpperCase().replaceAll('-', '_')
  return upper.startsWith('ERR_') ? upper : `ERR_${upper}`
}
