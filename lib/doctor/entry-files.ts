/** Reads journal and claims without the locks and the memory of an attacher. */
import { isBrickworkError } from '../core/errors.js'
import type { CheckContext, Fact } from '../operation/host-check.js'
import type { Entry } from '../operation/entry.js'
import { parseEntry } from '../operation/entry-text.js'

export interface EntryFiles {
  readonly directory: string
  readonly entries: readonly { readonly file: string; readonly entry: Entry }[]
  readonly errors: readonly { readonly file: string; readonly why: string }[]
}

export const readJournalFiles: Fact<EntryFiles> = (context) => readFolder(context, `${context.stateDir}/attachments`)
export const readClaimFiles: Fact<EntryFiles> = (context) => readFolder(context, `${context.runDir}/claims`)

async function readFolder({ host }: Pick<CheckContext, 'host'>, directory: string): Promise<EntryFiles> {
  const names = (await host.files.list(directory)).filter((name) => name.endsWith('.json'))
  const read = await Promise.all(
    names.map(async (name) => {
      const file = `${directory}/${name}`
      const text = await host.files.read(file)
      return text === undefined ? [] : [parsed(text, file)]
    }),
  )
  const all = read.flat()
  return {
    directory,
    entries: all.flatMap((each) => ('entry' in each ? [each] : [])),
    errors: all.flatMap((each) => ('why' in each ? [each] : [])),
  }
}
function parsed(text: string, file: string): { file: string; entry: Entry } | { file: string; why: string } {
  try {
    return { file, entry: parseEntry(text, file) }
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_STATE')) throw error
    return { file, why: error.message.replace(`State file ${file} `, '') }
  }
}
