/** Hashes, loaded at the first one: the import of the package pays a tenth less without them (docs/evidence/performance.md, Import). */
import type * as nodeCrypto from 'node:crypto'
import { createRequire } from 'node:module'
import { lazy } from './lazy.js'

export const crypto = lazy(() => createRequire(import.meta.url)('node:crypto') as typeof nodeCrypto)
