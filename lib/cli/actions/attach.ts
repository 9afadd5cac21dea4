import { checkTimeout } from '../../connection/schema.js'
import { checks } from '../../forms.js'
import type { Given, Options, Task } from '../command.js'
import { parseDocument, type RequestParts } from '../document.js'
import { mergedPolicy } from '../policy-option.js'
import { attachedLines } from '../text/attachment.js'
import { usageError } from '../usage-error.js'

export async function prepareAttach({ operands: [file], options, read }: Given): Promise<Task> {
  if (file === undefined) throw usageError('FILE', "'attach' needs a FILE, or - for standard input", 'attach')
  const { timeoutMs, ...parts } = parseDocument(await read(file), file, options.encryption)
  const limit = timeoutMs === undefined ? {} : { timeoutMs: checkTimeout(timeoutMs) }
  const request = checks.request(withOptions(parts, options))
  return async ({ attacher, call, wants }) => {
    wants(request.policy?.paths?.want ?? 'all')
    const attachment = await (await attacher()).attach(request, { ...limit, ...call })
    return { document: attachment, lines: attachedLines(attachment) }
  }
}

/** Options of the command line override the document. */
function withOptions(parts: RequestParts, { id, policy }: Options): RequestParts {
  const named = id === undefined ? parts : { ...parts, id }
  if (!('id' in named)) throw usageError('--id', 'The document names no id: give one with --id', 'attach')
  if (policy === undefined) return named
  return { ...named, policy: 'policy' in named ? mergedPolicy(checks.policy(named['policy']), policy) : policy }
}
