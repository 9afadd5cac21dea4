import type { JobStep } from './job.js'

/** What a step of a job does, to which object. */
export function wordsOf(step: JobStep): string {
  const subject = subjectOf(step)
  return subject === '' ? step.do : `${step.do} ${subject}`
}
function subjectOf(step: JobStep): string {
  switch (step.do) {
    case 'connect':
      return `${step.address} port ${step.port}`
    case 'flock':
      return step.name
    case 'replace':
      return step.path
    case 'changeRecord':
      return step.change.path ?? step.change.lockDirectory
    case 'exchange':
      return step.request.socket
    case 'write':
      return `${step.write.directory}/${step.write.attribute} = ${JSON.stringify(step.write.value)}`
    case 'readTree':
    case 'awaitTree':
      return step.plan.root
    case 'readChanged':
      return step.request.directory
    case 'readFiles':
      return step.paths.join(' ')
    case 'check':
      return `step ${step.step + 1}`
  }
}
