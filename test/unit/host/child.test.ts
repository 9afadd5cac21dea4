import type { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'

import { keepProcessAlive } from '../../../lib/host/child.js'

test('a child keeps the process alive with all pipes that can be told, whatever their class', () => {
  const told: string[] = []
  const handle = (name: string) => ({ ref: () => told.push(`ref ${name}`), unref: () => told.push(`unref ${name}`) })
  // As in Bun: the reading end is no socket, the writing end cannot be told, and there is no third one.
  const child = { ...handle('child'), stdio: [{}, handle('stdout'), null] } as unknown as ChildProcess
  keepProcessAlive(child, false)
  keepProcessAlive(child, true)
  expect(told).toEqual(['unref child', 'unref stdout', 'ref child', 'ref stdout'])
})
