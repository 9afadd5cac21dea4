/** What a step waits for, in words for people. */
import type { StepName } from '../../index.js'

type NamedStep = Exclude<StepName, `wait-for-${string}`>

const WORDS: Readonly<Record<NamedStep, string>> = {
  admit: 'its turn',
  journal: 'the journal to be written',
  'clean-up': 'the rest of an earlier operation to be removed',
  'resolve-paths': 'the name of a portal to be resolved',
  'discover-portals': 'the target to name its portals',
  probe: 'the portal to answer',
  connect: 'the kernel to connect the controller',
  login: 'the target to accept the login',
  scan: 'the target to show the LUN',
  find: 'the kernel to create the disk',
  verify: 'the disk to show its identity',
  assemble: 'multipathd to create the map',
  'set-read-only': 'the kernel to refuse writes',
  'wait-ready': 'udev to describe the device',
  commit: 'the journal to be written',
  'roll-back': 'the roll-back to end',
  'resolve-login': 'a pending login to end',
  'check-paths': 'the paths to answer',
  'check-users': 'the search for users of the device',
  flush: 'written data to reach the volume',
  'remove-map': 'the map to be removed',
  delete: 'the disk to be removed',
  disconnect: 'the kernel to remove the controller',
  logout: 'the target to accept the logout',
  'delete-record': 'the node record to be deleted',
  'wait-forgotten': 'multipathd to forget the paths',
  'read-capacity': 'the array to show the size',
  rescan: 'the kernel to read the size',
  'resize-map': 'multipathd to resize the map',
}

export function stepWords(step: StepName): string {
  return step in WORDS ? WORDS[step as NamedStep] : `other operations: ${step.slice('wait-for-'.length)}`
}
