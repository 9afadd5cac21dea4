import { afterAll, beforeAll, expect } from 'vitest'

/** A warning of Node.js (a leaking listener, a deprecated call) is a defect of ours: the file it comes up in fails. */
const warnings: string[] = []
const note = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`)

beforeAll(() => {
  process.on('warning', note)
})
afterAll(() => {
  process.off('warning', note)
  expect(warnings).toEqual([])
})
