/** Options of calls: a mistyped one is refused before anything of the host is touched. */
import { expect, test } from 'vitest'

import {
  type Attacher,
  createAttacher,
  createHost,
  doctor,
  enumerate,
  type HostIdentity,
  identity,
  isBrickworkError,
  supportBundle,
  toCinderConnector,
  uevents,
} from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

const request = { id: 'v', connection: { protocol: 'local', path: '/dev/vda' } } as const
type Wrong = Readonly<Record<string, unknown>>
const calls: Readonly<Record<string, (attacher: Attacher, call: Wrong) => unknown>> = {
  attach: (attacher, call) => attacher.attach(request, call),
  detach: (attacher, call) => attacher.detach('v', call),
  resize: (attacher, call) => attacher.resize('v', call),
  forget: (attacher, call) => attacher.forget('v', call),
  heal: (attacher, call) => attacher.heal('v', call),
  'heal of all': (attacher, call) => attacher.heal(undefined, call),
  recover: (attacher, call) => attacher.recover(call),
  list: (attacher, call) => attacher.list(call),
  inspect: (attacher, call) => attacher.inspect('v', call),
  identity: (attacher, call) => attacher.identity(call),
  enumerate: (attacher, call) => attacher.enumerate(call),
  doctor: (attacher, call) => attacher.doctor(call),
  events: (attacher, call) => attacher.events(call),
  watch: (attacher, call) => attacher.watch(call),
  follow: (attacher, call) => attacher.follow(call),
  close: (attacher, call) => attacher.close(call),
}
/** What the call throws or rejects with. */
async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('the call was not refused')
}
async function refusal(call: () => unknown, field: string, why: string): Promise<void> {
  const error = await failureOf(call)
  if (!isBrickworkError(error, 'ERR_INVALID_ARGUMENT')) throw error
  expect({ field: error.details.field, message: error.message }).toEqual({ field, message: expect.stringContaining(why) as string })
}

test.each(Object.entries(calls))('%s refuses an option that is not known, and touches nothing', async (name, call) => {
  const host = new FakeHost()
  await using attacher = await createAttacher({ host })
  const before = host.trace.length
  const [option, meant] = name === 'close' ? ['timeotMs', 'timeoutMs'] : ['signla', 'signal']
  await refusal(() => call(attacher, { [option]: 1 }), option, `did you mean '${meant}'?`)
  await refusal(() => call(attacher, { colour: 1 }), 'colour', `is not an option of ${name.split(' ')[0]}()`)
  await refusal(() => call(attacher, JSON.parse('{"__proto__":1}') as Wrong), '__proto__', 'is not an option')
  await refusal(() => call(attacher, [] as unknown as Wrong), 'options', 'must be an object')
  expect(host.trace.length).toBe(before)
})

test.each([
  ['detach', { force: 'false' }, 'force', 'must be true or false'],
  ['detach', { ifMissing: 'fail' }, 'ifMissing', 'expected one of'],
  ['forget', { leaveRemaining: 1 }, 'leaveRemaining', 'must be true or false'],
  ['recover', { dryRun: 'no' }, 'dryRun', 'must be true or false'],
  ['attach', { refreshSecrets: {} }, 'refreshSecrets', 'must be a function'],
  ['attach', { signal: {} }, 'signal', 'must be an AbortSignal'],
  ['list', { signal: 7 }, 'signal', 'must be an AbortSignal'],
  ['close', { latePaths: 'keep' }, 'latePaths', 'must be give-up or wait'],
])('%s refuses %j', async (name, options, field, why) => {
  await using attacher = await createAttacher({ host: new FakeHost() })
  await refusal(() => calls[name]?.(attacher, options), field, why)
})

const nobody = {} as HostIdentity
test.each<[string, (options: Wrong) => unknown]>([
  ['identity', identity],
  ['enumerate', enumerate],
  ['doctor', doctor],
  ['supportBundle', supportBundle],
  ['uevents', uevents],
  ['createHost', createHost],
  ['toCinderConnector', (options) => toCinderConnector(nobody, { ip: '192.0.2.1', multipath: true, enforceMultipath: false, ...options })],
])('%s() refuses an option that is not known', async (name, call) => {
  await refusal(() => call({ hots: 1 }), 'hots', name === 'createHost' ? 'createHost()' : `is not an option of ${name}()`)
  await refusal(() => call({ colour: 1 }), 'colour', `is not an option of ${name}()`)
})

test('createHost() names the part of an option, and what an option must be', async () => {
  await refusal(() => createHost({ namespaces: { pdi: 1 } as never }), 'namespaces.pdi', "did you mean 'pid'?")
  await refusal(() => createHost({ namespaces: 1 as never }), 'namespaces', 'must be an object')
  await refusal(() => createHost({ rot: '/host' } as never), 'rot', "did you mean 'root'?")
  await refusal(() => createHost({ root: 7 as never }), 'root', 'must be a path')
})

test('the doctor and the support bundle pass on no option that the next function refuses', async () => {
  const host = new FakeHost()
  const places = { host, stateDir: '/var/lib/brickwork', runDir: '/run/brickwork' }
  const bundle = await supportBundle({ ...places, anonymous: true, deep: false, timeoutMs: 1000, signal: new AbortController().signal })
  expect(bundle.doctor).not.toHaveProperty('failed')
  const report = await doctor({ ...places, connection: request.connection, login: true, deep: true, timeoutMs: 1000 })
  expect(report.checks.length).toBeGreaterThan(10)
})
