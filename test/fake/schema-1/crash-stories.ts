/** The first call after a crash: a recovery, another attach, or a detach. */
import { expect } from 'vitest'
import type { HostState } from './host-state.js'
import { attach, attachAgain, detach, expectAttached, play, recover, writtenEntry } from './story.js'

export const CRASH_STORIES: Readonly<Record<string, (state: HostState) => Promise<void>>> = {
  'a recovery keeps what was attached, and cleans up the rest': async (state) => {
    await play(state, async (story) => {
      const [part] = story.attachments
      if (part === undefined) throw new Error('The stage attaches nothing')
      await recover(part.attacher)
      const isAttached = writtenEntry(state, part.staged)?.state === 'attached'
      expect(await part.attacher.list(), state.name).toMatchObject(isAttached ? [{ state: 'attached', present: true }] : [])
      if (!isAttached) return
      await expectAttached(story, part)
      await attachAgain(story, part)
      await detach(part)
    })
  },
  'another attach succeeds with the right volume': async (state) => {
    await play(state, async (story) => {
      for (const part of story.attachments) {
        const isAttached = writtenEntry(state, part.staged)?.state === 'attached'
        await (isAttached ? attachAgain : attach)(story, part)
      }
      for (const part of story.attachments) await detach(part)
    })
  },
  'a detach leaves nothing': async (state) => {
    await play(state, async ({ attachments }) => {
      for (const { staged, attacher } of attachments) {
        const { outcome, remaining: left } = await attacher.detach(staged.request.id, { timeoutMs: 120_000 })
        expect(['released', 'already-released'], state.name).toContain(outcome)
        expect(left, state.name).toEqual([])
      }
    })
  },
}
