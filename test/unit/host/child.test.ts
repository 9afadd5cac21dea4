import type { ChildProcess } from 'node:child_process'
import { expect, test } from 'vitest'

import { keepProcessAlive } from '../../../lib/host/child.js'

test('a child keeps the process alive with all pipes that allow it, whatever their class', () => {
  const called: string[] = []
  const handle = (name: string) => ({ ref: () => called.push(`ref ${name}`), unref: () => called.push(`unref ${name}`) })
  // As in Bun: the reading end is no socket, the writing end has no such method, and there is no third one.
  const child = { ...handle('child'), stdio: [{}, handle('stdout'), null] } as unknown as ChildProcess
  keepProcessAlive(child, false)
  keepProcessAlive(child, true)
  expect(called).toEqual(['unref child', 'unref stdout', 'ref child', 'ref stdout'])
})
