import { readdirSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { expect, test } from 'vitest'

import { prioritize } from '../../../lib/host/priority.js'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'

/** As os.setPriority() fails. */
const failing = (name: 'EACCES' | 'EPERM' | 'ESRCH') => () => {
  throw Object.assign(new Error(name), { code: 'ERR_SYSTEM_ERROR', errno: -constants.errno[name] })
}

test('every thread of the process gets the nice value', () => {
  const set = new Map<number, number>()
  prioritize(-5, (thread, nice) => set.set(thread, nice))
  expect(set.get(process.pid)).toBe(-5)
  const threads = readdirSync('/proc/self/task').map(Number)
  expect(threads.filter((thread) => !set.has(thread)).length).toBeLessThan(threads.length / 2)
})
test('without the privilege it is a typed error; a thread that has ended is none', () => {
  expect(() => prioritize(-5, failing('EACCES'))).toThrow(expect.objectContaining({ code: 'ERR_PERMISSION' }) as Error)
  expect(() => prioritize(-5, failing('ESRCH'))).not.toThrow()
  const gone = () => setPriority(2 ** 30, 0)
  expect(() => prioritize(0, gone)).not.toThrow()
})
test('an attacher sets it before anything else, and only when it is asked to', async () => {
  const asked: number[] = []
  const host = Object.assign(new FakeHost(), { prioritize: (nice: number) => void asked.push(nice) })
  await (await createAttacher({ host })).close()
  expect(asked).toEqual([])
  await (await createAttacher({ host, limits: { priority: 5 } })).close()
  expect(asked).toEqual([5])
  for (const priority of [-21, 20, 1.5])
    await expect(createAttacher({ host, limits: { priority } })).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
  const refused = Object.assign(new FakeHost(), { prioritize: (nice: number) => prioritize(nice, failing('EPERM')) })
  await expect(createAttacher({ host: refused, limits: { priority: -5 } })).rejects.toMatchObject({
    code: 'ERR_PERMISSION',
    sideEffects: 'none',
  })
  expect(refused.names('/run/brickwork')).toEqual([])
})
