/** What a support bundle has besides the doctor's report, the identity and the topology: journal, claims, facts about the kernel. */
import type { FolderSummary } from '../../api/doctor.js'
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import type { Entry } from '../../operation/entry.js'
import { parseEntry } from '../../operation/entry-text.js'
import { withoutSecrets } from './without-secrets.js'

/** Short files that say how the kernel is doing. None of them can contain a secret; the kernel's command line can. */
const KERNEL_FILES = [
  '/proc/sys/kernel/osrelease',
  '/proc/version',
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/pressure/io',
  '/proc/sys/kernel/tainted',
  '/proc/sys/kernel/hung_task_detect_count',
  '/proc/swaps',
  '/etc/os-release',
] as const
/** Enough of a file for a person. */
const MOST_CHARACTERS = 2000

export async function collectEntries(host: Host, directory: string): Promise<FolderSummary & { readonly parsed: readonly Entry[] }> {
  const parsed: Entry[] = []
  const unreadable: { file: string; why: string }[] = []
  for (const name of await namesIn(host, directory, unreadable)) {
    const file = `${directory}/${name}`
    try {
      const text = await host.files.read(file)
      if (text !== undefined) parsed.push(parseEntry(text, file))
    } catch (error) {
      unreadable.push({ file, why: whyNot(error) })
    }
  }
  return { directory, entries: parsed.map((entry) => withoutSecrets(entry)), unreadable, parsed }
}
async function namesIn(host: Host, directory: string, unreadable: { file: string; why: string }[]): Promise<string[]> {
  try {
    return (await host.files.list(directory)).filter((name) => name.endsWith('.json'))
  } catch (error) {
    unreadable.push({ file: directory, why: whyNot(error) })
    return []
  }
}
/** The message names the file and the field, never the text of the file. */
function whyNot(error: unknown): string {
  if (!isBrickworkError(error)) throw error
  return `${error.code}: ${error.message}`
}

export async function collectKernelFacts(host: Host): Promise<Readonly<Record<string, string | null>>> {
  const read = async (file: string): Promise<[string, string | null]> => {
    const text = await host.files.read(file).catch((error: unknown) => {
      if (isBrickworkError(error)) return undefined
      throw error
    })
    return [file, text === undefined ? null : text.slice(0, MOST_CHARACTERS)]
  }
  return Object.fromEntries(await Promise.all(KERNEL_FILES.map(read)))
}
