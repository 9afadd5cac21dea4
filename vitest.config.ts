import { defineConfig } from 'vitest/config'

const project = (name: string, more: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], setupFiles: ['test/setup.ts'], ...more },
})

/**
 * A day of virtual time takes seconds, or minutes on a busy machine. This limit is only for tests that really hang. Endless loops on
 * virtual time end by their number of steps (lib/testing/time/spin-guard.ts).
 */
const HANGS_MS = 300_000

export default defineConfig({
  test: {
    projects: [
      project('unit', { testTimeout: HANGS_MS, hookTimeout: HANGS_MS }),
      project('fake', { testTimeout: HANGS_MS, hookTimeout: HANGS_MS }),
      project('contract', { testTimeout: HANGS_MS, hookTimeout: HANGS_MS }),
      // Each test plays thousands of deaths.
      project('crash', { testTimeout: 3 * HANGS_MS }),
      project('native', { testTimeout: HANGS_MS, pool: 'forks' }),
      project('cli', { testTimeout: HANGS_MS }),
      project('package', { testTimeout: HANGS_MS, globalSetup: ['test/package/fresh-clone.ts'] }),
    ],
  },
})
