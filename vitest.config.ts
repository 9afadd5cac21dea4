import { defineConfig } from 'vitest/config'

const project = (name: string, more: Record<string, unknown> = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], setupFiles: ['test/setup.ts'], ...more },
})

export default defineConfig({
  test: {
    projects: [
      project('unit'),
      project('fake'),
      project('contract'),
      project('crash', { testTimeout: 300_000 }),
      project('native', { testTimeout: 60_000, pool: 'forks' }),
      project('package', { testTimeout: 120_000 }),
    ],
  },
})
