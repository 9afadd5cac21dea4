/** Examples of the manual that run: each is a file here, and occurs in its document word for word. */
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { afterEach, describe, expect, test, vi } from 'vitest'

import { createAttacher } from '../../../lib/index.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { runAgent } from './examples/agent.js'
import { countOperations } from './examples/metrics.js'
import { traceOperations } from './examples/spans.js'

const ROOT = resolve(import.meta.dirname, '../../..')
const iqn = 'iqn.2010-10.org.example:array'
const portal = '192.0.2.10:3260'
const request = { id: 'vol-1', connection: { protocol: 'iscsi', targets: [{ portal, iqn, lun: 1 }] } } as const

/** The file as a user writes it. */
function asInDocument(file: string): string {
  const code = readFileSync(join(import.meta.dirname, 'examples', file), 'utf8')
  return code
    .replaceAll(/'(\.\.\/)+lib\/testing\/index\.js'/g, "'brickwork-storage/testing'")
    .replaceAll(/'(\.\.\/)+lib\/index\.js'/g, "'brickwork-storage'")
}

describe('examples that run', () => {
  test.each([
    ['agent.ts', 'docs/getting-started.md'],
    ['first.test.ts', 'docs/testing.md'],
    ['trouble.test.ts', 'docs/testing.md'],
    ['metrics.ts', 'docs/tracing.md'],
    ['spans.ts', 'docs/tracing.md'],
    ['csi-node.ts', 'docs/csi.md'],
    ['cinder.ts', 'docs/from-os-brick.md'],
    ['retry.ts', 'docs/errors.md'],
  ])('%s is the one in %s', (file, document) => {
    expect(readFileSync(join(ROOT, document), 'utf8')).toContain(`\`\`\`ts\n${asInDocument(file)}\`\`\`\n`)
  })
})

function hostWithVolume(): FakeHost {
  const host = new FakeHost()
  host.storage.volume('data', { content: 'ext4' })
  host.storage.iscsi.target({ iqn, portals: [portal], luns: { 1: 'data' } })
  return host
}

describe('the agent of docs/getting-started.md', () => {
  afterEach(() => vi.restoreAllMocks())

  /** Returns the output until it ends, and the host of the next process. */
  async function run(host: FakeHost, until: RegExp): Promise<string[]> {
    const said: string[] = []
    const stop = new AbortController()
    const note = (line: string) => {
      said.push(line)
      if (until.test(line)) stop.abort()
    }
    vi.spyOn(console, 'log').mockImplementation(note)
    vi.spyOn(console, 'error').mockImplementation(note)
    await runAgent([request], stop.signal, { host })
    return said
  }

  test('attaches at its first start, finds the volume at the next one, and leaves it attached', async () => {
    const host = hostWithVolume()
    expect(await run(host, /attached as/)).toEqual(['vol-1: is now attached as /dev/sda'])
    const next = host.crash()
    expect(await run(next, /attached as/)).toEqual([expect.stringMatching(/^vol-1: kept, /), 'vol-1: is still attached as /dev/sda'])
    expect(next.clock.sleeping).toBe(0)
    host.verify()
  })

  test('rolls back at its next start what a kill interrupted', async () => {
    const host = hostWithVolume()
    const held = host.faults.plant({ on: 'kernel.write', matching: 'scan', does: { hang: 'before' } })
    const killed = runAgent([request], new AbortController().signal, { host })
    await held.reached
    const next = host.crash()
    held.release()
    void killed
    expect((await run(next, /attached as/))[0]).toMatch(/^vol-1: (undone|resolved), /)
    const attacher = await createAttacher({ host: next, owner: 'my-agent', stateDir: '/var/lib/my-agent' })
    await attacher.detach('vol-1')
    await attacher.close()
    expect(next.names('/sys/class/iscsi_session')).toEqual([])
    host.verify()
  })

  test('reports a failure that a repetition would not change, and goes on', async () => {
    const host = hostWithVolume()
    host.storage.iscsi.target({ iqn, portals: [portal], luns: { 1: 'data' }, chap: { username: 'host', secret: 'secret-secret' } })
    const said = await run(host, /ERR_/)
    expect(said).toEqual([expect.stringMatching(/^vol-1: ERR_AUTHENTICATION: .* \(host: undone\)$/)])
  })
})

describe('the recipes of docs/tracing.md', () => {
  test('count operations and measure steps', async () => {
    const attacher = await createAttacher({ host: hostWithVolume() })
    const [counted, measured]: [string[], string[]] = [[], []]
    const counting = countOperations(
      attacher,
      { inc: ({ operation, outcome }) => counted.push(`${operation} ${outcome}`) },
      { observe: ({ step }, seconds) => measured.push(`${step} ${seconds >= 0}`) },
    )
    await attacher.attach(request)
    await expect(attacher.attach({ ...request, id: 'vol-2', expected: { serial: 'another' } })).rejects.toThrow('another')
    await attacher.detach('vol-1')
    await attacher.close()
    await counting
    expect(counted).toEqual(['attach ok', 'attach ERR_IDENTITY_MISMATCH', 'detach ok'])
    expect(measured).toEqual(expect.arrayContaining(['login true', 'verify true', 'logout true']))
  })

  test('make a span of each operation and of each step, and end each', async () => {
    const open = new Set<string>()
    const [seen, failed]: [string[], string[]] = [[], []]
    traceOperations({
      startSpan: (name, { attributes }) => {
        const span = `${name} of ${attributes['brickwork.attachment']}`
        seen.push(span)
        open.add(span)
        return { setStatus: ({ code }) => failed.push(`${span}: ${code}`), end: () => open.delete(span) }
      },
    })
    const attacher = await createAttacher({ host: hostWithVolume() })
    await attacher.attach(request)
    await expect(attacher.attach({ ...request, id: 'vol-2', expected: { serial: 'another' } })).rejects.toThrow('another')
    await attacher.detach('vol-1')
    await attacher.close()
    const named = ['brickwork attach of vol-1', 'brickwork login of vol-1', 'brickwork detach of vol-1']
    expect(seen).toEqual(expect.arrayContaining(named))
    expect(failed).toEqual(['brickwork verify of vol-2: 2', 'brickwork attach of vol-2: 2'])
    expect(open).toEqual(new Set())
  })
})
