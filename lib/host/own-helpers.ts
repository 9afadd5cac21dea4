/** Recognizes Brickwork's own helpers in the host's /proc. In a container, the host's pids differ from those that this process sees. */
import { readFile, readlink } from 'node:fs/promises'

/** Returns the processes of the host that are not our helpers. `helpers` are pids as this process sees them. */
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
    // The pid in each of its pid namespaces, the innermost last.
    const status = await readFile(`${proc}/${pid}/status`, 'utf8')
    const inner = Number(/^NSpid:.*\s(\d+)$/m.exec(status)?.[1] ?? pid)
    if (!helpers.includes(inner)) return false
    return (await readlink(`${proc}/${pid}/ns/pid`)) === (await readlink(`${proc}/self/ns/pid`))
  } catch {
    // It has ended, or can't be read: then it is not one of our helpers.
    return false
  }
}
