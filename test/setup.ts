import { afterAll, beforeAll, expect } from 'vitest'

/** A warning of Node.js (a leaking listener, a deprecated call) is a defect of this project: the test file in which it occurs fails. */
const warnings: string[] = []
const note = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`)

beforeAll(() => {
  process.on('warning', note)
})
afterAll(() => {
  process.off('warning', note)
  expect(warnings).toEqual([])
})
