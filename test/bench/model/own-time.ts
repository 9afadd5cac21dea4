/** The processor time of the library's own code, without the fake machine and the bench. */
import { type Profile, profiled } from '../profiler.js'

const INTERVAL_US = 200

/** Runs the function and returns the milliseconds in which the innermost function of this repository belonged to the library. */
export async function ownTime(run: () => Promise<unknown>): Promise<number> {
  return ownIn(await profiled(run, INTERVAL_US))
}

function ownIn({ nodes, samples = [], timeDeltas = [] }: Profile): number {
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  /** Work of Node.js counts for its caller: a file that is read, a promise, a timer. */
  const isOwn = (id: number): boolean => {
    for (let at: number | undefined = id; at !== undefined; at = parents.get(at)) {
      const url = byId.get(at)?.callFrame.url ?? ''
      if (url.includes('/lib/testing/')) return false
      if (url.includes('/build/lab/lib/')) return true
      if (url.includes('/build/lab/test/')) return false
    }
    return false
  }
  const own = new Map(nodes.map(({ id }) => [id, isOwn(id)]))
  const us = samples.reduce((sum, id, index) => sum + (own.get(id) === true ? (timeDeltas[index] ?? 0) : 0), 0)
  return us / 1000
}
