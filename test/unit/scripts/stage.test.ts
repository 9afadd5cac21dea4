/** A stage of `npm test` that hangs ends, with everything that it started. */
import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import type * as Stage from '../../../scripts/tests/stage.mjs'

const STAGE = pathToFileURL(resolve(import.meta.dirname, '../../../scripts/tests/stage.mjs')).href
const { collect, counting } = (await import(STAGE)) as typeof Stage

/** Starts a program that outlives it and ignores the end of its parent, and hangs itself. */
const HANGS = `
  const { pid } = require('node:child_process').spawn('sleep', ['1000'], { stdio: 'inherit' })
  console.log(pid)
  setInterval(() => undefined, 1000)`
/** Whether the process runs. One that has ended may still wait for its parent to notice. */
const isRunning = (pid: number) => existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))

test('a program that hangs is ended at its time limit, with the programs that it started', async () => {
  const { exitCode, output } = await collect(process.execPath, ['-e', HANGS], { minutes: 0.02 })
  expect(exitCode).toBe(1)
  expect(output).toMatch(/took longer than 0\.02 minutes, and was ended$/)
  const [pid] = output.split('\n').map(Number)
  await expect.poll(() => isRunning(pid ?? 0)).toBe(false)
})
test('its stage has failed, and says so', async () => {
  const outcome = await counting(process.execPath, ['-e', HANGS], () => undefined, 0.02)
  expect(outcome).toMatchObject({ passed: 0, failed: 1 })
  expect(outcome.says?.join('\n')).toContain('took longer than 0.02 minutes')
})
test('a program that is missing is a failure that names it', async () => {
  expect(await collect('no-such-program', [])).toMatchObject({
    exitCode: 127,
    output: expect.stringMatching(/no-such-program.*ENOENT/) as string,
  })
})
