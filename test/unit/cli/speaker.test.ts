import { expect, test } from 'vitest'

import { Speaker } from '../../../lib/cli/speaker.js'
import { BrickworkError } from '../../../lib/index.js'

function speaker(json: boolean) {
  const said: string[] = []
  const io = {
    stdout: () => undefined,
    stderr: (text: string) => said.push(text),
    colours: { stdout: false, stderr: false },
    screen: undefined,
    ask: undefined,
    read: () => Promise.reject(new Error('nothing to read')),
    signal: new AbortController().signal,
    outputLost: new AbortController().signal,
    watchReader: () => ({ stop: () => undefined }),
    flushed: () => Promise.resolve(),
  }
  return { speaker: new Speaker(io, json, false), said }
}

test('warnings of the host are for people, on standard error; those about an operation are left to --verbose', () => {
  const people = speaker(false)
  people.speaker.log.warn({ error: new BrickworkError('ERR_STATE', 'torn') }, 'an entry could not be read')
  people.speaker.log.warn({ id: 'vol-1' }, 'a note of an operation')
  people.speaker.log.debug({}, 'a detail')
  expect(people.said).toEqual(['brickwork: warning: an entry could not be read (error: ERR_STATE: torn)\n'])

  const programs = speaker(true)
  programs.speaker.log.warn({}, 'an entry could not be read')
  expect(programs.said).toEqual([])
})

test('a wait that is over soon is not spoken of', async () => {
  const people = speaker(false)
  await people.speaker.sayIfLong('waiting', Promise.resolve())
  expect(people.said).toEqual([])
  await people.speaker.sayIfLong('waiting', new Promise((resolve) => setTimeout(resolve, 700)))
  expect(people.said).toEqual(['brickwork: waiting\n'])
})
