/** Encodes the steps of a job for the addon, with real paths and the limits of each call. */
import { BrickworkError } from '../core/errors.js'
import type { JobStep, TreeExpectation } from '../core/host.js'
import { stateOf } from './changes-decoder.js'
import { encodeGuards } from './encoded.js'
import { requireSafeDirectory } from './lock-directory.js'
import type { LockView } from './lock-view.js'
import { lockFile } from './locks.js'
import { CONNECT_MS, EXCHANGE_MS, RECORD_LOCK_MS, RECORD_SLICE_MS } from './native-limits.js'
import type { NativeExpectation, NativeStep, NativeUeventMatch } from './native-steps.js'
import type { Paths } from './paths.js'
import { encodePlan } from './plan-encoder.js'
import { temporaryBeside } from './temporary.js'
import { writeKey } from './write-key.js'

export interface StepParts {
  readonly paths: Paths
  /** File of the network namespace of the host's daemons, when it isn't that of this process. */
  readonly netns: string | undefined
  /** Makes the text for a lock file. Without it the file says nothing. */
  readonly noteOf: LockView['noteOf'] | undefined
}

export async function encodeStep({ paths, netns, noteOf }: StepParts, step: JobStep): Promise<NativeStep> {
  const tree = async (root: string) => await paths.real(root, 'follow')
  switch (step.do) {
    case 'connect':
      return { do: 'connect', address: step.address, port: step.port, timeoutMs: CONNECT_MS, netns }
    case 'flock': {
      const note = step.user === undefined ? undefined : await noteOf?.(step.user)
      return { do: 'flock', path: await paths.real(lockFile(step.directory, step.name), 'keep'), note: note?.() }
    }
    case 'replace': {
      const path = await paths.real(step.path, 'keep')
      return { do: 'replace', path, temporary: temporaryBeside(path), data: Buffer.from(step.text), mode: step.mode }
    }
    case 'changeRecord': {
      const { path, text } = step.change
      const lockDirectory = await paths.real(step.change.lockDirectory, 'follow')
      await requireSafeDirectory(lockDirectory)
      const real = path === undefined ? undefined : await paths.real(path, 'keep')
      const data = text === undefined ? undefined : Buffer.from(text)
      return { do: 'changeRecord', lockDirectory, path: real, data, sliceMs: RECORD_SLICE_MS, timeoutMs: RECORD_LOCK_MS }
    }
    case 'exchange':
      return { do: 'exchange', socket: step.request.socket, bytes: step.request.bytes, timeoutMs: EXCHANGE_MS, netns }
    case 'write': {
      const { directory, guards, attribute, value } = step.write
      const encoded = encodeGuards(guards)
      const [key, real] = [writeKey(directory), await paths.real(directory, 'follow')]
      return { do: 'write', key, directory: real, guards: encoded, attribute, value: Buffer.from(value) }
    }
    case 'readTree':
      return { do: 'readTree', root: await tree(step.plan.root), plan: encodePlan(step.plan.node) }
    case 'awaitTree':
      return {
        do: 'awaitTree',
        root: await tree(step.plan.root),
        plan: encodePlan(step.plan.node),
        uevents: step.keys.flatMap(matchesOf),
        until: step.until.map(encodeExpectation),
        timeoutMs: step.timeoutMs,
      }
    case 'readChanged': {
      const { directory, suffix, since } = step.request
      return { do: 'readChanged', directory: await paths.real(directory, 'follow'), suffix, state: stateOf(since) }
    }
    case 'readFiles':
      return { do: 'readFiles', paths: await Promise.all(step.paths.map((path) => paths.real(path, 'follow'))) }
    case 'check':
      return { do: 'check', step: step.step, expectation: encodeExpectation(step.expectation) }
  }
}

function encodeExpectation({ path, attribute, among = [], firstByte = [], absent = false }: TreeExpectation): NativeExpectation {
  return { path, attribute, among, firstByte: Uint8Array.from(firstByte), absent }
}

/** As in `diskKeys` of core/uevents.ts. */
function matchesOf(key: string): NativeUeventMatch[] {
  const [kind = '', name] = key.split(/:(.*)/s)
  if (kind === 'disk' && name !== undefined)
    return [
      { component: name, subsystem: 'block' },
      { component: name, action: 'remove' },
    ]
  if (/^(uuid|subsystem):|[*]/.test(key)) throw new BrickworkError('ERR_INVALID_ARGUMENT', `A job can't wait for uevents of ${key}`)
  return [{ component: key }]
}
