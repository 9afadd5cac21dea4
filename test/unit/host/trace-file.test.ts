import { readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { temporaryDirectory } from './temporary-directory.js'

interface Span {
  readonly name: string
  readonly cat: string
  readonly ph: string
  readonly ts: number
  readonly dur: number
  readonly tid: number
  readonly args: Readonly<Record<string, string>>
}
const iqn = 'iqn.2024-01.org.example:array'
const portals = ['10.99.1.1:3260', '10.99.2.1:3260']
const chap = { username: 'eva', secret: 'a-secret-of-eva' }

test('a trace has a row for each thing that goes on at once, what failed, and no secret', async () => {
  const trace = `${await temporaryDirectory()}/trace.json`
  const host = new FakeHost({ multipathd: 'running' })
  host.storage.volume('data', { content: 'ext4' })
  host.storage.iscsi.target({ iqn, portals, luns: { 1: 'data' }, chap })
  const attacher = await createAttacher({ host, trace })
  const connection = {
    protocol: 'iscsi',
    auth: chap,
    targets: portals.map((portal) => ({ portal, iqn, lun: 1 })),
  } as const
  await attacher.attach({ id: 'one', connection, policy: { paths: { min: 'all' } } })
  const missing = { protocol: 'iscsi', targets: [{ portal: portals[0] ?? '', iqn, lun: 9 }], auth: chap } as const
  await expect(attacher.attach({ id: 'two', connection: missing }, { timeoutMs: 3000 })).rejects.toThrow()
  await attacher.detach('one')
  await attacher.close()
  await attacher.close()

  expect(statSync(trace).mode & 0o777).toBe(0o600)
  const text = readFileSync(trace, 'utf8')
  expect(text).not.toContain(chap.secret)
  const events = JSON.parse(text) as Span[]
  const spans = events.filter(({ ph }) => ph === 'X')
  expect(spans.filter(({ cat }) => cat !== 'kernel' && cat !== 'command' && cat !== 'step').map(({ name }) => name)).toEqual([
    'attach',
    'attach',
    'detach',
  ])
  expect(spans.filter(({ name, args }) => name === 'login' && args['error'] === undefined).length).toBeGreaterThanOrEqual(2)
  expect(spans.find(({ name, args }) => name === 'attach' && args['error'] !== undefined)?.args).toMatchObject({ owner: 'default' })
  for (const row of new Set(spans.map(({ tid }) => tid))) {
    const inRow = spans.filter(({ tid }) => tid === row).sort((a, b) => a.ts - b.ts)
    for (const [index, span] of inRow.entries()) expect(inRow[index + 1]?.ts ?? Infinity).toBeGreaterThanOrEqual(span.ts + span.dur - 1)
    expect(events.filter(({ name, tid }) => name === 'thread_name' && tid === row)).toHaveLength(1)
  }
})

test('a file or a link in the place of the trace is left as it is', async () => {
  const folder = await temporaryDirectory()
  const [file, link] = [`${folder}/precious`, `${folder}/link`]
  writeFileSync(file, 'precious')
  symlinkSync(file, link)
  symlinkSync(`${folder}/nowhere`, `${folder}/dangling`)
  for (const trace of [file, link, `${folder}/dangling`])
    await expect(createAttacher({ host: new FakeHost(), trace })).rejects.toMatchObject({
      code: 'ERR_KERNEL',
      details: { errno: 'EEXIST' },
    })
  expect(readFileSync(file, 'utf8')).toBe('precious')
})
