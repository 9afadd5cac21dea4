/** Files of a later schema: errors name them, and the library changes neither them nor the host. */
import { expect, test } from 'vitest'
import { createAttacher } from '../../lib/index.js'
import { factsOf } from './schema-1/facts.js'
import type { HostState } from './schema-1/host-state.js'
import { quietStates } from './schema-1/read.js'
import { restore } from './schema-1/restore.js'
import { stageNamed } from './schema-1/stages.js'

const UNKNOWN = JSON.stringify({ schema: 3, keys: ['session 4'], layout: 'not known yet' })

/** The state, with some of its files changed to schema 3. */
function newer(name: string, isNewer: (path: string, text: string) => boolean): { state: HostState; files: string[] } {
  const state = quietStates().find((each) => each.name === name)
  if (state === undefined) throw new Error(`There is no state ${name}`)
  const written = Object.entries(state.facts.files).filter(([path, text]) => path.endsWith('.json') && isNewer(path, text))
  const files = written.map(([path]) => path)
  // The first file differs from schema 1 only in its number.
  const texts = written.map(([path, text], index) => [path, index === 0 ? text.replace('"schema": 1', '"schema": 3') : UNKNOWN] as const)
  return { state: { ...state, facts: { ...state.facts, files: { ...state.facts.files, ...Object.fromEntries(texts) } } }, files }
}
const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => 'succeeded',
    (error: unknown) => error,
  )
const named = (file: string) => ({
  code: 'ERR_STATE',
  message: expect.stringMatching(/schema 3/) as string,
  details: { file },
})

test('an attachment of schema 3: every call names its file and leaves it as it is', async () => {
  const { state, files } = newer('one-path', () => true)
  const [claim = '', entry = ''] = files.toSorted()
  expect(files).toHaveLength(2)
  const host = await restore(state)
  const before = await factsOf(host)
  const [staged] = stageNamed(state.stage).attachments
  if (staged === undefined) throw new Error('The stage attaches nothing')
  const attacher = await createAttacher({ host, owner: staged.owner, stateDir: staged.stateDir })
  expect(await failureOf(attacher.attach(staged.request))).toMatchObject(named(entry))
  expect(await failureOf(attacher.detach('one'))).toMatchObject(named(entry))
  expect(await failureOf(attacher.inspect('one'))).toMatchObject(named(entry))
  expect(await attacher.list()).toEqual([])
  const { actions } = await attacher.recover()
  expect(actions.filter(({ what }) => files.includes(what))).toMatchObject(
    [entry, claim].map((what) => ({ what, action: 'left', reason: expect.stringContaining('schema 3') as string })),
  )
  expect(actions.filter(({ action }) => action !== 'left')).toEqual([])
  await attacher.close()
  expect(await factsOf(host)).toEqual(before)
  host.verify()
})

test('a claim of schema 3 of another owner: a detach names it and changes nothing on the host', async () => {
  const { state, files } = newer('two-owners-two-luns', (path, text) => path.includes('/claims/') && text.includes('"owner": "ben"'))
  const [claim = ''] = files
  const host = await restore(state)
  const { files: before, ...unchanged } = await factsOf(host)
  const [ann] = stageNamed(state.stage).attachments
  if (ann === undefined) throw new Error('The stage attaches nothing')
  const attacher = await createAttacher({ host, owner: ann.owner, stateDir: ann.stateDir })
  expect(await failureOf(attacher.detach('one'))).toMatchObject(named(claim))
  const { actions } = await attacher.recover()
  expect(actions.filter(({ what }) => what === claim)).toMatchObject([{ id: null, action: 'left' }])
  await attacher.close()
  const { files: texts, ...after } = await factsOf(host)
  expect({ ...after, claim: texts[claim] }).toEqual({ ...unchanged, claim: before[claim] })
  host.verify()
})
