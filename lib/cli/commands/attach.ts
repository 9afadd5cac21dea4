import { checkTimeout } from '../../connection/schema.js'
import { checks } from '../../forms.js'
import type { PartialPolicy } from '../../index.js'
import type { Command, Options } from '../command.js'
import { parseDocument, type RequestParts } from '../document.js'
import { attachedLines } from '../text/attachment.js'
import { usageError } from '../usage-error.js'

export const attach: Command = {
  name: 'attach',
  operands: 'FILE|-',
  mostOperands: 1,
  summary: 'Attaches a volume to this host, verifies its identity and prints its device',
  options: ['id', 'top-up'],
  about: [
    'FILE (or standard input, with -) holds one JSON document:',
    '  {"id", "connection", "expected", "policy", "timeoutMs"}  an attach request; the last three are optional',
    '  {"protocol", ...}                                        a connection alone',
    '  {"driver_volume_type", "data"}                           the connection_info of Cinder',
    '  {"target_portal", "target_iqn", "target_lun", ...}       the data of an iSCSI volume alone',
    'The last three forms need --id. Attaching an attached volume verifies it and prints the same device.',
  ],
  prepare: async ({ operands: [file], options, read }) => {
    if (file === undefined) throw usageError('FILE', "'attach' needs a FILE, or - for standard input")
    const { timeoutMs, ...parts } = parseDocument(await read(file), file)
    const limit = timeoutMs === undefined ? {} : { timeoutMs: checkTimeout(timeoutMs) }
    const request = checks.request(withOptions(parts, options))
    return async (attacher, call) => {
      const attachment = await attacher.attach(request, { ...limit, ...call })
      return { document: attachment, lines: attachedLines(attachment) }
    }
  },
}

/** Options of the command line override the document. */
function withOptions(parts: RequestParts, { id, policy }: Options): RequestParts {
  const named = id === undefined ? parts : { ...parts, id }
  if (!('id' in named)) throw usageError('--id', 'The document names no id: give one with --id')
  if (policy === undefined) return named
  return { ...named, policy: 'policy' in named ? over(checks.policy(named['policy']), policy) : policy }
}
/** Merges two policies key by key, also inside their parts. */
function over(lower: PartialPolicy, upper: PartialPolicy): PartialPolicy {
  const [paths, lun, iscsi] = [
    { ...lower.paths, ...upper.paths },
    { ...lower.lun, ...upper.lun },
    { ...lower.iscsi, ...upper.iscsi },
  ]
  return { ...lower, ...upper, paths, lun, iscsi }
}
