import type { DetachReport } from '../../index.js'
import type { Given, Task } from '../command.js'
import { formatDuration } from '../duration.js'
import { sheet } from '../text/layout.js'
import { type Line, toned } from '../text/toned.js'
import { referenceOf } from './reference.js'

export async function prepareDetach(given: Given): Promise<Task> {
  const reference = await referenceOf(given, 'detach')
  const { force, ifMissing } = given.options
  return async ({ attacher, call }) => {
    const report = await (await attacher()).detach(reference, { ...call, force, ifMissing })
    return { document: report, lines: lines(report) }
  }
}

function lines({ id, outcome, checks, kept, remaining, overridden, stillVisible, dataLossPossible, timings }: DetachReport): Line[] {
  const name = id ?? 'The volume of this connection'
  if (outcome === 'already-released') return [`${name} is not attached: nothing to do`]
  const because = ({ what, reason }: { what: string; reason: string }) => `${what}: ${reason}`
  return sheet(`${name} is detached`, [
    ['checked', checks.map(({ what, ok }) => (ok ? what : `${what}: NO`))],
    ['kept', kept.map(because)],
    ['still visible', stillVisible?.map((device) => `${device}, until the storage unmaps it`)],
    [toned('warning', 'left'), remaining.map(because)],
    [toned('warning', 'overridden'), overridden.map(({ step, what, code, reason }) => `${step}, ${what}: ${code} ${reason}`)],
    [toned('bad', 'warning'), dataLossPossible ? 'data that was not yet on the volume may be lost' : undefined],
    ['time', formatDuration(Math.max(0, ...timings.map(({ startMs, ms }) => startMs + ms)))],
  ])
}
