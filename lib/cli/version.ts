import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Of the package that this file belongs to: the next package.json upwards, from the sources as from what was built of them. */
export function version(): string {
  for (let directory = import.meta.dirname; directory !== dirname(directory); directory = dirname(directory)) {
    const file = join(directory, 'package.json')
    if (existsSync(file)) return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version)
  }
  return 'unknown'
}
