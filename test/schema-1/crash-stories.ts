/** What may come first after a death: a recovery, the attach once more, or a detach. */
import { expect } from 'vitest'
import type { HostState } from './host-state.js'
import { attach, attachAgain, detach, expectAttached, play, recover } from './story.js'

export const CRASH_STORIES: Readonly<Record<string, (state: HostState) => Promise<void>>> = {
  'recovered: clean, or attached and right': async (state) => {
    await play(state, async (story) => {
      const [part] = story.attachments
      if (part === undefined) throw new Error('The stage attaches nothing')
      await recover(part.attacher)
      const [still] = await part.attacher.list()
      if (still === undefined) return
      expect(still, state.name).toMatchObject({ state: 'attached', present: true })
      await expectAttached(story, part)
      await attachAgain(story, part)
      await detach(part)
    })
  },
  'attached once more: the right volume': async (state) => {
    await play(state, async (story) => {
      for (const part of story.attachments) await attach(story, part)
      for (const part of story.attachments) await detach(part)
    })
  },
  'detached: nothing is left': async (state) => {
    await play(state, async ({ attachments }) => {
      for (const { staged, attacher } of attachments) {
        const { outcome, left } = await attacher.detach(staged.request.id, { timeoutMs: 120_000 })
        expect(['released', 'already-released'], state.name).toContain(outcome)
        expect(left, state.name).toEqual([])
      }
    })
  },
}
