/** State of schema 1 on the host that it describes: the library reads it, continues with it and cleans up. */
import { describe, expect, test } from 'vitest'
import type { FakeHost } from '../../lib/testing/index.js'
import type { HostState } from './schema-1/host-state.js'
import { crashGroups, crashStates, quietStates } from './schema-1/read.js'
import { CHAP, NEIGHBOUR } from './schema-1/stages.js'
import { attach, attachAgain, detach, expectAttached, play, recover, type Story } from './schema-1/story.js'

const states = quietStates()
const attached = states.filter(({ name }) => !name.startsWith('pending-'))
const pending = states.filter(({ name }) => name.startsWith('pending-'))
const each = (some: readonly HostState[]) => some.map((state) => [state.name, state] as const)

/** The attachments that are not detached yet stay attached. */
async function detachEach(story: Story, attachments: Story['attachments']): Promise<void> {
  for (const [index, part] of attachments.entries()) {
    await detach(part)
    for (const still of attachments.slice(index + 1)) await expectAttached(story, still)
  }
}

describe.each(each(attached))('attached: %s', (_, state) => {
  test('is listed, inspected, attached again and detached', async () => {
    await play(state, async (story) => {
      for (const part of story.attachments) await expectAttached(story, part)
      for (const part of story.attachments) await attachAgain(story, part)
      await detachEach(story, story.attachments)
    })
  })
  test('is attached again and detached one by one, the last one first', async () => {
    await play(state, async (story) => {
      for (const part of story.attachments.toReversed()) {
        await attachAgain(story, part)
        await expectAttached(story, part)
        await detach(part)
      }
    })
  })
  test('stays attached in a recovery', async () => {
    await play(state, async (story) => {
      for (const { attacher } of story.attachments) await recover(attacher)
      for (const part of story.attachments) await expectAttached(story, part)
      await detachEach(story, story.attachments)
    })
  })
  test('is detached right away', async () => {
    await play(state, async (story) => {
      await detachEach(story, story.attachments.toReversed())
    })
  })
})

describe.each(each(pending))('%s', (_, state) => {
  const openPortals = ({ storage }: FakeHost) => {
    for (const portal of Object.keys(state.storage.portals)) storage.portal(portal, 'open')
  }
  test('is cleaned up by a recovery', async () => {
    await play(state, async ({ attachments }) => {
      for (const { attacher } of attachments) await recover(attacher)
    })
  })
  test('is cleaned up by a recovery while the portal begins to answer', async () => {
    await play(state, async ({ host, attachments }) => {
      const recovered = attachments.map(({ attacher }) => recover(attacher))
      await host.clock.advance(1000)
      openPortals(host)
      await Promise.all(recovered)
    })
  })
  test('is followed by an attach that succeeds', async () => {
    await play(state, async (story) => {
      openPortals(story.host)
      for (const part of story.attachments) await attach(story, part)
      for (const part of story.attachments) await detach(part)
    })
  })
  test('is taken over by an attachment of another owner, and goes with that', async () => {
    await play(
      state,
      async (story) => {
        openPortals(story.host)
        for (const part of story.newcomers) await attach(story, part)
        for (const { attacher } of story.attachments) await recover(attacher)
        for (const part of story.newcomers) await detach(part)
      },
      [NEIGHBOUR],
    )
  })
  test('is cleaned up by a detach', async () => {
    await play(state, async (story) => {
      for (const part of story.attachments) await detach(part)
    })
  })
})

describe('the states', () => {
  const everything = [...states, ...crashGroups().flatMap(crashStates)]
  const entries = everything.flatMap(({ facts }) =>
    Object.entries(facts.files).flatMap(([path, text]) => (path.endsWith('.json') ? [JSON.parse(text) as WrittenEntry] : [])),
  )
  const found = <T>(of: (entry: WrittenEntry) => readonly T[]) => [...new Set(entries.flatMap(of))].sort()

  test('are of schema 1, and contain every field and kind of object', () => {
    expect(found(({ schema }) => [schema])).toEqual([1])
    expect(found(({ state }) => [state])).toEqual(['attached', 'attaching', 'detaching'])
    expect(found(({ connection }) => [connection.protocol])).toEqual(['iscsi', 'local'])
    expect(found(({ objects }) => objects.map(({ kind, origin }) => `${kind} ${origin}`))).toEqual([
      ...['device found', 'disk found', 'disk made', 'disk making', 'map made'],
      ...['record found', 'record made', 'record making', 'session found', 'session made'],
    ])
    expect(found((entry) => entry.pending.map(({ kind }) => kind))).toEqual(['login'])
    expect(found((entry) => Object.keys(entry))).toEqual([
      ...['atMs', 'boot', 'connection', 'id', 'objects', 'onNoPaths', 'owner', 'pending', 'pid', 'result', 'schema', 'state', 'ways'],
    ])
  })
  test('hold no secret', () => {
    expect(entries.some((entry) => JSON.stringify(entry).includes(CHAP.username))).toBe(true)
    for (const entry of entries) expect(JSON.stringify(entry)).not.toContain(CHAP.secret)
  })
})
interface WrittenEntry {
  readonly schema: number
  readonly state: string
  readonly connection: { readonly protocol: string }
  readonly objects: readonly { readonly kind: string; readonly origin: string }[]
  readonly pending: readonly { readonly kind: string }[]
}
