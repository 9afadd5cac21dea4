import { describe, expect, test } from 'vitest'

import type { JobStep, JobStop } from '../../lib/core/host.js'
import { type MakeSubject, patience, type Subject, using } from './subject.js'

/** A job with one step of each kind that needs no daemon and no event. */
const listIn = (directory: string) =>
  [
    { do: 'flock', directory: `${directory}/locks`, name: 'a', user: { owner: 'agent', id: 'one' } },
    { do: 'replace', path: `${directory}/a.json`, text: 'one\n', mode: 0o600 },
    { do: 'changeRecord', change: { lockDirectory: `${directory}/lock`, path: `${directory}/nodes/t/10.99.1.1,3260`, text: 'record\n' } },
    { do: 'readTree', plan: { root: directory, node: { children: [{ pattern: 'disks', node: { attributes: ['size'] } }] } } },
    { do: 'check', step: 3, expectation: { path: ['d*'], attribute: 'size', among: ['100'] } },
    {
      do: 'write',
      write: {
        directory: `${directory}/disks`,
        guards: [{ attribute: 'size', equals: '100' }],
        attribute: 'size',
        value: '200',
        waits: 'bounded',
      },
    },
    { do: 'readChanged', request: { directory, suffix: '.json', since: undefined } },
    { do: 'readFiles', paths: [`${directory}/none`, `${directory}/a.json`, `${directory}/disks/size`] },
  ] as const satisfies readonly JobStep[]

async function prepare({ host: { files }, directory }: Subject): Promise<void> {
  for (const name of ['disks', 'lock', 'nodes']) await files.makeDirectory(`${directory}/${name}`, 0o700)
  await files.replace(`${directory}/disks/size`, '100\n', 0o644)
}

/** What is left of a job, without words. */
function stopOf(stop: JobStop | undefined) {
  const { code } = (stop?.error ?? {}) as { readonly code?: string }
  return stop && { at: stop.at, begun: stop.begun, ...(stop.error === undefined ? {} : { code }) }
}

export function describeJobs(name: string, make: MakeSubject): void {
  describe(`runJob of ${name}`, () => {
    test(
      'carries out every step in order, each with its answer, and keeps no lock',
      using(make, async (subject) => {
        const { host, directory } = subject
        await prepare(subject)
        const { answers, stopped } = await host.kernel.runJob(listIn(directory), patience())
        expect(stopped).toBeUndefined()
        const [flock, replaced, record, tree, held, written, changed, texts] = answers
        expect([flock, replaced, record, held, written]).toEqual(['locked', undefined, 'done', true, { outcome: 'written' }])
        expect(tree?.child('disks')?.text('size')).toBe('100')
        expect([...(changed?.files ?? [])].map(([file, bytes]) => [file, new TextDecoder().decode(bytes)])).toEqual([['a.json', 'one\n']])
        expect(texts).toEqual([undefined, 'one', '200'])
        expect(await host.files.read(`${directory}/nodes/t/10.99.1.1,3260`)).toBe('record')
        expect(await host.locks.holders(`${directory}/locks`)).toEqual([])
        expect((await host.locks.seen(`${directory}/locks`, 'a')).note).toContain('"id":"one"')
      }),
    )
    test(
      'a lock that another has ends it before the next step, and it waits for none',
      using(make, async (subject) => {
        const { host, other, directory } = subject
        await prepare(subject)
        for (const holder of [host, other()]) {
          const lock = await holder.locks.take(`${directory}/locks`, 'a', patience())
          const { answers, stopped } = await host.kernel.runJob(listIn(directory), patience())
          expect([answers, stopOf(stopped)]).toEqual([['busy'], { at: 0, begun: true }])
          expect(await host.files.read(`${directory}/a.json`)).toBeUndefined()
          await lock.release()
        }
      }),
    )
    test(
      'a step that fails is the last one: its error is that of the call, and the lock is free',
      using(make, async (subject) => {
        const { host, directory } = subject
        await prepare(subject)
        const [flock] = listIn(directory)
        const later = { do: 'replace', path: `${directory}/later`, text: '', mode: 0o600 } as const
        const failing = { ...later, path: `${directory}/none/a` } as const
        const { answers, stopped } = await host.kernel.runJob([flock, failing, later], patience())
        expect([answers, stopOf(stopped)]).toEqual([['locked'], { at: 1, begun: true, code: 'ERR_KERNEL' }])
        expect(await host.files.list(directory)).not.toContain('later')
        expect(await host.locks.holders(`${directory}/locks`)).toEqual([])
      }),
    )
    test(
      'a guard that differs, what is gone, and a check that does not hold end it',
      using(make, async (subject) => {
        const { host, directory } = subject
        await prepare(subject)
        const [, , , tree, , write] = listIn(directory)
        const later = { do: 'replace', path: `${directory}/later`, text: '', mode: 0o600 } as const
        const run = async (...steps: JobStep[]) => {
          const { answers, stopped } = await host.kernel.runJob([...steps, later], patience())
          return [answers.at(-1), stopOf(stopped)]
        }
        const differs = { ...write, write: { ...write.write, guards: [{ attribute: 'size', equals: '1' }] } } as const
        expect(await run(differs)).toEqual([
          { outcome: 'changed', attribute: 'size', found: '100' },
          { at: 0, begun: true },
        ])
        const gone = { ...write, write: { ...write.write, directory: `${directory}/none` } } as const
        expect(await run(gone)).toEqual([{ outcome: 'gone' }, { at: 0, begun: true }])
        const check = (expectation: (JobStep & { do: 'check' })['expectation']) => run(tree, { do: 'check', step: 0, expectation })
        const unmet = [false, { at: 1, begun: true }]
        expect(await check({ path: ['disks'], attribute: 'size', among: ['1', '10'] })).toEqual(unmet)
        expect(await check({ path: ['disks'], attribute: 'none', among: ['1'] })).toEqual(unmet)
        expect(await check({ path: ['disks', '*'] })).toEqual(unmet)
        expect(await check({ path: ['disks'], attribute: 'size', firstByte: [0x30, 0x32] })).toEqual(unmet)
        expect(await check({ path: ['*'], absent: true })).toEqual(unmet)
        expect(await host.files.list(directory)).not.toContain('later')
        expect(await check({ path: ['sd*'], absent: true })).toEqual([undefined, undefined])
        expect(await check({ path: ['disks'], attribute: 'size', firstByte: [0x30, 0x31] })).toEqual([undefined, undefined])
        expect(await host.files.list(directory)).toContain('later')
      }),
    )
    test(
      'a portal that refuses ends it',
      using(make, async ({ host, openPort, closedPort }) => {
        const connect = (port: number) => ({ do: 'connect', address: '127.0.0.1', port }) as const
        const steps = [connect(await openPort()), connect(await closedPort()), connect(await openPort())]
        const { answers, stopped } = await host.kernel.runJob(steps, patience())
        expect(answers).toEqual([{ outcome: 'connected' }, { outcome: 'failed', error: 'ECONNREFUSED' }])
        expect(stopOf(stopped)).toEqual({ at: 1, begun: true })
      }),
    )
    test(
      'a check of what reads no tree is refused before the first step',
      using(make, async ({ host, directory }) => {
        const replace = { do: 'replace', path: `${directory}/a`, text: '', mode: 0o600 } as const
        for (const step of [0, 1, 2]) {
          const check = { do: 'check', step, expectation: { path: ['a'] } } as const
          await expect(host.kernel.runJob([replace, check], patience())).rejects.toMatchObject({ code: 'ERR_INVALID_ARGUMENT' })
        }
        expect(await host.files.list(directory)).toEqual([])
      }),
    )
  })
  describeDaemons(name, make)
  describeEvents(name, make)
}

function describeDaemons(name: string, make: MakeSubject): void {
  describe(`runJob with daemons of ${name}`, () => {
    test(
      'the answer of a daemon is an answer; a daemon that does not run fails the step',
      using(make, async ({ host, daemon }) => {
        const exchange = (socket: string) => ({ do: 'exchange', request: { socket, bytes: Uint8Array.of(1), reply: 'eof' } }) as const
        const { answers, stopped } = await host.kernel.runJob([exchange(await daemon('answers'))], patience())
        expect([answers.map((bytes) => new TextDecoder().decode(bytes)), stopped]).toEqual([['yes'], undefined])
      }),
    )
    test(
      'an abort ends it at once: it says how far it came, nothing begins any more, and its lock is free',
      using(make, async (subject) => {
        const { host, directory, daemon } = subject
        await prepare(subject)
        const [flock, replace] = listIn(directory)
        const exchange = { do: 'exchange', request: { socket: await daemon('mute'), bytes: Uint8Array.of(1), reply: 'eof' } } as const
        const later = { do: 'replace', path: `${directory}/later`, text: '', mode: 0o600 } as const
        const caller = new AbortController()
        const running = host.kernel.runJob([flock, replace, exchange, later], caller.signal)
        await host.clock.sleep(50, patience())
        expect(await host.locks.holders(`${directory}/locks`)).toHaveLength(1)
        const reason = new Error('enough')
        caller.abort(reason)
        const { answers, stopped } = await running
        expect(answers).toEqual(['locked', undefined])
        expect(stopped).toEqual({ at: 2, begun: true, error: reason })
        expect(await host.locks.holders(`${directory}/locks`)).toEqual([])
        const before = await host.kernel.runJob([replace, later], caller.signal)
        expect(before).toEqual({ answers: [], stopped: { at: 0, begun: false, error: reason } })
        expect(await host.files.list(directory)).not.toContain('later')
      }),
    )
  })
}

function describeEvents(name: string, make: MakeSubject): void {
  describe(`runJob with uevents of ${name}`, () => {
    const awaiting = (directory: string, keys: readonly string[], timeoutMs: number) =>
      ({
        do: 'awaitTree',
        plan: { root: directory, node: { children: [{ pattern: 'sd*', node: { attributes: ['size'] } }] } },
        keys,
        until: [{ path: ['sda'] }, { path: ['sd*'], attribute: 'size', among: ['0'] }],
        timeoutMs,
      }) as const
    test(
      'what is there already needs no event',
      using(make, async ({ host, directory }) => {
        await host.files.makeDirectory(`${directory}/sda`, 0o700)
        const { answers, stopped } = await host.kernel.runJob([awaiting(directory, [], 60_000)], patience())
        expect([answers[0]?.child('sda')?.name, stopped]).toEqual(['sda', undefined])
      }),
    )
    test(
      'when the time is over it reads once more, and then it ends',
      using(make, async ({ host, directory }) => {
        const step = awaiting(directory, ['no such thing'], 30)
        const unmet = await host.kernel.runJob([step], patience())
        expect([unmet.answers[0]?.children(), stopOf(unmet.stopped)]).toEqual([[], { at: 0, begun: true }])
        const running = host.kernel.runJob([{ ...step, timeoutMs: 1500 }], patience())
        await host.clock.sleep(100, patience())
        await host.files.makeDirectory(`${directory}/sda`, 0o700)
        expect((await running).stopped).toBeUndefined()
      }),
    )
    test(
      'an event that names a key makes it read again',
      using(make, async ({ host, directory, uevent }) => {
        if (uevent === undefined) return
        const later = { do: 'readFiles', paths: [`${directory}/sdb/size`] } as const
        const running = host.kernel.runJob([awaiting(directory, ['null'], 60_000), later], patience())
        await host.clock.sleep(50, patience())
        uevent()
        await host.clock.sleep(50, patience())
        await host.files.makeDirectory(`${directory}/sdb`, 0o700)
        await host.files.replace(`${directory}/sdb/size`, '0\n', 0o600)
        await host.clock.sleep(50, patience())
        uevent()
        const { answers, stopped } = await running
        expect([answers[0]?.child('sdb')?.text('size'), answers[1], stopped]).toEqual(['0', ['0'], undefined])
      }),
    )
  })
}
