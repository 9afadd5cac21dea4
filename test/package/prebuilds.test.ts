/** The prebuilds of the package, as far as they were built from the present sources. `npm run test:matrix` builds and runs all of them. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { cached } from '../../scripts/prebuilds/build.mjs'
import { complaints, needsOf } from '../../scripts/prebuilds/elf.mjs'
import { filesOf, TARGETS } from '../../scripts/prebuilds/targets.mjs'

describe.each(TARGETS.map((target) => ({ target, name: target.name, folder: cached(target) })))('$name', ({ target, folder }) => {
  test.skipIf(folder === undefined).each(Object.values(filesOf(target)))(
    'needs nothing that its machines lack: %s (skipped unless npm run prebuilds has built it)',
    async (file) => {
      expect(complaints(await needsOf(join(folder ?? '', file)), target)).toEqual([])
    },
  )
})
