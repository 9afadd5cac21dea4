/** Our own helpers among the processes of the host's /proc, which numbers them otherwise than we do when we are in a container. */
import { readFile, readlink } from 'node:fs/promises'

/** Of these processes of the host, those that are none of our helpers (`helpers`: as we number them). */
export async function withoutHelpers<T extends { readonly pid: number }>(
  proc: string,
  found: readonly T[],
  helpers: readonly number[],
): Promise<T[]> {
  if (helpers.length === 0) return [...found]
  const own = await Promise.all(found.map(({ pid }) => isOneOf(proc, pid, helpers)))
  return found.filter((_, index) => own[index] !== true)
}

async function isOneOf(proc: string, pid: number, helpers: readonly number[]): Promise<boolean> {
  try {
    // Its number in each pid namespace that it is in, the innermost last.
    const status = await readFile(`${proc}/${pid}/status`, 'utf8')
    const inner = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? pid)
    if (!helpers.includes(inner)) return false
    return (await readlink(`${proc}/${pid}/ns/pid`)) === (await readlink(`${proc}/self/ns/pid`))
  } catch {
    // It has ended meanwhile, or can't be looked into: then it isn't ours.
    return false
  }
}
