import { checkId } from '../../connection/schema.js'
import { checks } from '../../forms.js'
import type { DetachReport } from '../../index.js'
import type { Command, Given } from '../command.js'
import { parseDocument } from '../document.js'
import { formatDuration } from '../duration.js'
import { sheet } from '../text/layout.js'
import { usageError } from '../usage-error.js'

export const detach: Command = {
  name: 'detach',
  operands: 'ID | --connection FILE',
  mostOperands: 1,
  summary: 'Detaches a volume from this host and prints what was checked',
  options: ['connection', 'force'],
  about: [
    'Refused while the device is in use. Detaching a volume that is not attached succeeds.',
    '--connection takes the same documents as attach. If this owner has no attachment with that connection, it removes the',
    'objects of that volume from this host, except those that other attachments use.',
  ],
  prepare: async (given) => {
    const ref = await refOf(given)
    const { force } = given.options
    return async (attacher, call) => {
      const report = await attacher.detach(ref, { ...call, force })
      return { document: report, lines: lines(report) }
    }
  },
}

async function refOf({ operands: [id], options: { connection: file }, read }: Given) {
  if (id !== undefined && file !== undefined) throw usageError('--connection', "'detach' takes an ID or --connection, not both")
  if (id !== undefined) return checkId(id)
  if (file === undefined) throw usageError('ID', "'detach' needs an ID, or --connection FILE")
  return { connection: checks.connection(parseDocument(await read(file), file).connection) }
}

function lines({ id, outcome, checks, kept, remaining, overridden, dataLossPossible, timings }: DetachReport): string[] {
  const name = id ?? 'The volume of this connection'
  if (outcome === 'already-released') return [`${name} is not attached: nothing to do`]
  const because = ({ what, reason }: { what: string; reason: string }) => `${what}: ${reason}`
  return sheet(`${name} is detached`, [
    ['checked', checks.map(({ what, ok }) => (ok ? what : `${what}: NO`))],
    ['kept', kept.map(because)],
    ['left', remaining.map(because)],
    ['overridden', overridden.map(({ step, what, code, reason }) => `${step}, ${what}: ${code} ${reason}`)],
    ['warning', dataLossPossible ? 'data that was not yet on the volume may be lost' : undefined],
    ['time', formatDuration(Math.max(0, ...timings.map(({ startMs, ms }) => startMs + ms)))],
  ])
}
