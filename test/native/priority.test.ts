/** `limits.priority` reaches the threads of the addon: those that run already, and those that start later. */
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

import { Fifo, node } from './addon.js'

const library = fileURLToPath(new URL('../../dist/lib/index.js', import.meta.url))
const NICE = 7

/** Prints the nice values of threads: the main thread, those of the addon before the attacher, and those that it starts afterwards. */
const PROGRAM = `
  const { readdirSync, readFileSync } = require('fs')
  const [directory, state] = process.argv.slice(1)
  const tasks = () => readdirSync('/proc/self/task')
  /** proc_pid_stat(5): the 19th field, the 17th after the name. */
  const niceOf = (task) => Number(readFileSync('/proc/self/task/' + task + '/stat', 'utf8').split(') ').at(-1).split(' ')[16])
  const write = (key) => addon.guardedWrite(key, directory, [], 'out', Buffer.from('x'))
  ;(async () => {
    const first = tasks()
    write('host0') // it waits until somebody opens the other end
    const before = tasks().filter((task) => !first.includes(task))
    const { createAttacher } = await import(${JSON.stringify(library)})
    const limits = process.argv[3] === 'unset' ? {} : { priority: ${NICE} }
    // Whether this process may attach doesn't matter here.
    await createAttacher({ stateDir: state + '/state', runDir: state + '/run', limits }).catch(() => undefined)
    const known = tasks()
    for (let i = 1; i < 6; i++) write('host' + i)
    const after = tasks().filter((task) => !known.includes(task))
    const nice = (all) => all.map(niceOf)
    console.log(JSON.stringify({ main: niceOf(process.pid), before: nice(before), after: nice(after), threads: addon.stats().threads }))
    process.kill(process.pid, 'SIGKILL')
  })()`

interface Told {
  readonly main: number
  readonly before: readonly number[]
  readonly after: readonly number[]
  readonly threads: number
}
async function told(fifo: Fifo, priority: 'set' | 'unset'): Promise<Told> {
  return JSON.parse(await node(PROGRAM, fifo.directory, fifo.directory, priority).line()) as Told
}

test('threads of the addon get the nice value, whether they run already or start later', async () => {
  const { main, before, after, threads } = await told(new Fifo(), 'set')
  expect(main).toBe(NICE)
  expect(before.length).toBeGreaterThan(0)
  expect(after.length).toBeGreaterThan(0)
  expect(threads).toBeGreaterThanOrEqual(6)
  for (const nice of [...before, ...after]) expect(nice).toBe(NICE)
})

test('without the option no thread changes', async () => {
  const { main, before, after } = await told(new Fifo(), 'unset')
  expect(new Set([...before, ...after])).toEqual(new Set([main]))
})
