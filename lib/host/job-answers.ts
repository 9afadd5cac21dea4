/** Decodes the answers of the steps of a job. */
import { basename } from 'node:path'

import { BrickworkError } from '../core/errors.js'
import type { JobStep, StepAnswers } from '../core/host.js'
import { decodeChanges } from './changes-decoder.js'
import { daemonError } from './daemon-error.js'
import { systemError } from './errors.js'
import { decodeTexts } from './files-decoder.js'
import type { NativeWriteOutcome } from './native.js'
import { decodeConnect, decodeWrite } from './native-answers.js'
import { encodePlan } from './plan-encoder.js'
import { decodeTree } from './tree-decoder.js'

export function decodeAnswer(step: JobStep, answer: unknown): StepAnswers[JobStep['do']] {
  switch (step.do) {
    case 'connect':
      return decodeConnect(answer as number)
    case 'flock':
      return answer === true ? 'locked' : 'busy'
    case 'replace':
      return undefined
    case 'changeRecord':
      return answer === true ? 'done' : 'lock-timeout'
    case 'exchange':
      return bytesOf(answer)
    case 'write':
      return decodeWrite(answer as NativeWriteOutcome)
    case 'readTree':
    case 'awaitTree':
      return decodeTree(bytesOf(answer), encodePlan(step.plan.node), basename(step.plan.root))
    case 'readChanged':
      return decodeChanges(bytesOf(answer))
    case 'readFiles':
      return decodeTexts(bytesOf(answer))
    case 'check':
      return answer === true
  }
}
/** The error of a step, as that of the call that it stands for. */
export function errorOf(step: JobStep, error: Error): Error {
  if (step.do !== 'exchange') return systemError(error)
  return daemonError(step.request.socket, error)
}

function bytesOf(answer: unknown): Uint8Array {
  if (answer instanceof Uint8Array) return answer
  throw new BrickworkError('ERR_PARSE', 'The addon answered no bytes')
}
