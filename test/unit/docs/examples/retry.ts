import { setTimeout } from 'node:timers/promises'

import { type Attacher, type AttachRequest, type BlockAttachment, isBrickworkError } from '../../../../lib/index.js'

export async function attachWithRetries(attacher: Attacher, request: AttachRequest, tries = 3, pauseMs = 1000): Promise<BlockAttachment> {
  for (let left = tries - 1; ; left -= 1) {
    try {
      return await attacher.attach(request, { timeoutMs: 30_000 })
    } catch (error) {
      if (!isBrickworkError(error) || !error.retryable || left === 0) throw error
      await setTimeout(pauseMs)
    }
  }
}
