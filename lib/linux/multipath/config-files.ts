/** Reads multipath.conf, for when multipathd does not answer. */
import { isBrickworkError } from '../../core/errors.js'
import type { Host } from '../../core/host.js'
import { multipathdProcess } from './process.js'

const FILE = 'etc/multipath.conf'
const FOLDER = 'etc/multipath/conf.d'

/**
 * Whether the configuration keeps the daemon from creating a map for an unknown volume with one path: `find_multipaths` is `strict`, the
 * default since multipath-tools 0.8.0, or `yes` (multipath.conf(5)). Reads the files that the daemon sees, also when it runs in a
 * container. Returns `false` when they can't be read.
 */
export async function leavesSinglePathsAlone(host: Host): Promise<boolean> {
  const daemon = await multipathdProcess(host)
  if (daemon === undefined) return false
  const root = `/proc/${daemon.pid}/root`
  try {
    const names = (await host.files.list(`${root}/${FOLDER}`)).filter((name) => name.endsWith('.conf'))
    const paths = [FILE, ...names.map((name) => `${FOLDER}/${name}`)]
    const texts = await Promise.all(paths.map((path) => host.files.read(`${root}/${path}`)))
    return texts.flatMap((text) => findMultipathsIn(text ?? '')).every((value) => ['strict', 'yes', 'on'].includes(value))
  } catch (error) {
    if (isBrickworkError(error)) return false
    throw error
  }
}

/** Finds `find_multipaths "strict"` anywhere in the file. A value in the wrong section counts too, which errs on the safe side. */
export function findMultipathsIn(text: string): string[] {
  const lines = text.split('\n').map((line) => line.replace(/[#!].*$/, ''))
  return lines.flatMap((line) => [...line.matchAll(/\bfind_multipaths[\s"=]+([^\s"}]+)/g)].map((match) => match[1] ?? ''))
}
