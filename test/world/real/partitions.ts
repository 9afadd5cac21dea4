/** Writes a GPT to the storage side's file of a volume. It needs no device. */
import { must } from './shell.js'

const MIB = 1024 * 1024

/** Partitions of equal size. The table itself occupies the first and the last MiB. */
export async function layPartitions(file: string, sizeMb: number, contents: readonly ('blank' | 'ext4')[]): Promise<void> {
  const each = Math.floor((sizeMb - 2) / contents.length)
  const lines = contents.map((_, index) => `start=${1 + index * each}MiB, size=${each}MiB`)
  await must(['sfdisk', '--quiet', '--no-reread', '--no-tell-kernel', file], { input: ['label: gpt', ...lines, ''].join('\n') })
  for (const [index, content] of contents.entries())
    if (content === 'ext4') {
      const options = `nodiscard,lazy_itable_init=1,lazy_journal_init=1,offset=${(1 + index * each) * MIB}`
      await must(['mkfs.ext4', '-q', '-F', '-E', options, file, `${each}M`])
    }
}
