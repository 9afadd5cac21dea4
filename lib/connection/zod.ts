/** zod, loaded when the first input is checked: with it, the import of the package costs twice as much (docs/evidence/performance.md, Import). */
import { createRequire } from 'node:module'
import type * as zod from 'zod'
import { lazy } from '../core/lazy.js'

/** What the library uses of zod. The package contains no more of it (scripts/library/bundle.mjs). */
export const ZOD_PARTS = [
  'ZodObject',
  'array',
  'boolean',
  'config',
  'discriminatedUnion',
  'enum',
  'instanceof',
  'int',
  'literal',
  'never',
  'number',
  'object',
  'record',
  'strictObject',
  'string',
  'union',
  'unknown',
] as const
type Zod = Pick<typeof zod, (typeof ZOD_PARTS)[number]>

// Not by import(): fromCinder() answers at once. The build replaces the name by that of a bundle.
const load = lazy(() => {
  const parts = createRequire(import.meta.url)('zod') as Zod
  // Otherwise zod compiles each schema at its first use (new Function), which costs more than thousands of checks save.
  parts.config({ jitless: true })
  return parts
})

export const z: Zod = Object.defineProperties(
  {} as Zod,
  Object.fromEntries(ZOD_PARTS.map((part) => [part, { enumerable: true, get: () => load()[part] }])),
)
