/** An installed copy with its native part, on this machine: effects that only whole processes and threads show. */
import { spawn } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

import { pack, type Packed } from './pack.js'
import { node, ROOT } from './run.js'

/** A write to it makes the kernel send an event. */
const UEVENT = '/sys/class/mem/null/uevent'
const mayWrite = (() => {
  try {
    accessSync(UEVENT, constants.W_OK)
    return true
  } catch {
    return false
  }
})()

let packed: Packed
beforeAll(async () => {
  packed = await pack()
  const place = join(packed.project, 'node_modules/brickwork-storage/build/Release')
  await mkdir(place, { recursive: true })
  for (const file of ['brickwork.node', 'brickwork-helper']) await cp(join(ROOT, 'build/Release', file), join(place, file))
}, 180_000)
afterAll(async () => {
  await packed.remove()
})

/** Prints `ready`, then the first event with the test's token. */
const HEARER = `
  import { parentPort } from 'node:worker_threads'
  import { uevents } from 'brickwork-storage'
  const stream = await uevents({ sources: ['kernel'], subsystems: ['mem'] })
  parentPort.postMessage('ready')
  for await (const { events } of stream)
    for (const { properties } of events)
      if (properties.has('SYNTH_ARG_TOKEN')) parentPort.postMessage(properties.get('SYNTH_ARG_TOKEN'))`
const PRELUDE = `
  import { writeFileSync } from 'node:fs'
  import { once } from 'node:events'
  import { Worker } from 'node:worker_threads'
  import { uevents } from 'brickwork-storage'
  const say = (token) => writeFileSync('${UEVENT}', 'change 00000000-0000-4000-8000-000000000000 TOKEN=' + token)
  const hearer = async () => {
    const worker = new Worker(${JSON.stringify(HEARER)}, { eval: true })
    const [first] = await once(worker, 'message')
    if (first !== 'ready') throw new Error(first)
    return { worker, heard: async () => (await once(worker, 'message'))[0] }
  }`

describe.skipIf(!mayWrite)('uevents()', () => {
  test('in worker threads: each hears everything, one that is ended takes nothing from the others', async () => {
    const { code, out, err } = await node(
      packed.project,
      `${PRELUDE}
       const own = await uevents({ subsystems: ['mem'] })
       const [one, two] = await Promise.all([hearer(), hearer()])
       const both = Promise.all([one.heard(), two.heard()])
       say('a')
       console.log(await both, (await own.next()).value.events[0].properties.get('SYNTH_ARG_TOKEN'))
       await one.worker.terminate()
       const later = two.heard()
       say('b')
       console.log(await later, (await own.next()).value.events[0].properties.get('SYNTH_ARG_TOKEN'))
       for (let round = 0; round < 10; round++) await (await hearer()).worker.terminate()
       const last = two.heard()
       say('c')
       console.log(await last)
       await two.worker.terminate()
       await own.return()`,
    )
    expect({ code, out, err }).toEqual({ code: 0, out: "[ 'a', 'a' ] a\nb b\nc\n", err: '' })
  })

  test('keep the process alive while somebody waits, and no longer', async () => {
    const { code, out, err } = await node(
      packed.project,
      `${PRELUDE}
       setTimeout(() => say('late'), 300).unref()
       for await (const { events } of await uevents({ subsystems: ['mem'] })) {
         console.log(events[0].properties.get('SYNTH_ARG_TOKEN'))
         break
       }`,
    )
    expect({ code, out, err }).toEqual({ code: 0, out: 'late\n', err: '' })
  })
})

/** A program that consists of one loop. It has no other timer or server. */
const LOOP = (open: string, body: string) => `
  import { createAttacher, createHost, uevents } from 'brickwork-storage'
  import { FakeHost } from 'brickwork-storage/testing'
  const host = new FakeHost()
  host.clock.keepAlive = createHost().clock.keepAlive // virtual time keeps no process alive
  host.storage.volume('data')
  const target = { iqn: 'iqn.2026-01.example:a', portals: ['10.0.0.1:3260'], luns: { 1: 'data' } }
  host.storage.iscsi.target(target)
  const connection = { protocol: 'iscsi', targets: [{ iqn: target.iqn, portal: target.portals[0], lun: 1 }] }
  const attacher = await createAttacher({ host })
  const stop = new AbortController()
  const { signal } = stop
  const later = (ms, run) => setTimeout(run, ms).unref()
  const stream = ${open}
  ${body}`
const STREAMS = {
  watch: 'attacher.watch({ signal })',
  events: 'attacher.events({ signal })',
  follow: 'attacher.follow({ signal })',
  uevents: 'await uevents({ host, signal })',
}

describe.each(Object.entries(STREAMS))('a program that only reads %s()', (name, open) => {
  test('stays until its signal, and ends by itself with 0', async () => {
    const { code, out, err } = await node(
      packed.project,
      LOOP(
        open,
        `later(700, () => stop.abort())
         const from = Date.now()
         for await (const each of stream) void each
         console.log(Date.now() - from > 500 ? 'it waited' : 'it did not wait')`,
      ),
    )
    expect({ code, out, err }).toEqual({ code: 0, out: 'it waited\n', err: '' })
  })
  test.skipIf(name === 'watch')('is woken by what happens, and ends by itself after a break', async () => {
    const { code, out, err } = await node(
      packed.project,
      LOOP(
        open,
        `later(300, () => void attacher.attach({ id: 'one', connection }))
         let read = 0
         for await (const each of stream) if (++read === (${JSON.stringify(name)} === 'follow' ? 2 : 1)) break
         console.log('read', read > 0, stream.missed)`,
      ),
    )
    expect({ code, out, err }).toEqual({ code: 0, out: 'read true 0\n', err: '' })
  })
})

test('identity() takes less than 10 ms', async () => {
  const places = { stateDir: join(packed.project, 'state'), runDir: join(packed.project, 'run') }
  const { code, out, err } = await node(
    packed.project,
    `import { createAttacher } from 'brickwork-storage'
     const attacher = await createAttacher(${JSON.stringify(places)})
     const took = []
     for (let round = 0; round < 50; round++) {
       const before = performance.now()
       await attacher.identity()
       took.push(performance.now() - before)
     }
     // Other work of the machine can only make it longer.
     console.log(Math.min(...took))`,
  )
  expect([code, err]).toEqual([0, ''])
  expect(Number(out)).toBeGreaterThan(0)
  expect(Number(out)).toBeLessThan(10)
})

describe('commands that go on', () => {
  test.each(['watch', 'enumerate --follow'])('%s goes on until it is interrupted, and ends in order', async (command) => {
    const places = ['--state-dir', join(packed.project, 'state'), '--run-dir', join(packed.project, 'run')]
    const child = spawn(join(packed.project, 'node_modules/.bin/brickwork'), [...command.split(' '), ...places], { stdio: 'pipe' })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += String(data)))
    const ended = new Promise<number | null>((resolve) => void child.on('close', resolve))
    const early = await Promise.race([ended, sleep(2500, 'it goes on')])
    child.kill('SIGINT')
    expect({ early, code: await ended, said: said.replace(/^Volumes\n(.*\n)*/, '') }).toEqual({ early: 'it goes on', code: 0, said: '' })
  })
})
