/** The options of createAttacher(), checked before anything of the host is read. */
import { expect, test } from 'vitest'

import { type AttacherOptions, createAttacher, type Log } from '../../lib/index.js'
import { FakeHost } from '../../lib/testing/index.js'

test.each([
  [{ stateDirr: '/x' }, 'stateDirr', "did you mean 'stateDir'?"],
  [{ queryonly: true }, 'queryonly', "did you mean 'queryOnly'?"],
  [{ colour: 'red' }, 'colour', 'is not an option of createAttacher()'],
  [{ owner: '' }, 'owner', '1 to 256 bytes'],
  [{ owner: 'a\nb' }, 'owner', 'no control characters'],
  [{ owner: 7 }, 'owner', '1 to 256 bytes'],
  [{ stateDir: 'rel' }, 'stateDir', 'must be an absolute path'],
  [{ runDir: './run' }, 'runDir', 'must be an absolute path'],
  [{ runDir: '' }, 'runDir', 'must be a path'],
  [{ trace: 3 }, 'trace', 'must be a path'],
  [{ log: {} }, 'log', 'must have the method debug()'],
  [{ queryOnly: 'yes' }, 'queryOnly', 'must be true or false'],
])('%j is refused, naming the option', async (options, field, why) => {
  const host = new FakeHost()
  const refused = createAttacher({ host, ...(options as unknown as AttacherOptions) })
  await expect(refused).rejects.toMatchObject({
    code: 'ERR_INVALID_ARGUMENT',
    details: { field },
    message: expect.stringContaining(why) as string,
  })
  expect(host.trace).toEqual([])
})

test('undefined is the default of every option', async () => {
  const nothing = { owner: undefined, stateDir: undefined, runDir: undefined, policy: undefined, limits: undefined, log: undefined }
  const host = new FakeHost()
  await (await createAttacher({ host, ...nothing, trace: undefined, queryOnly: undefined })).close()
  expect(host.names('/var/lib/brickwork')).toEqual(['attachments'])
})

test('the log of the options takes precedence over that of the host', async () => {
  const host = new FakeHost()
  const lines: string[] = []
  const log: Log = { debug: () => undefined, warn: (_, message) => void lines.push(message) }
  const attacher = await createAttacher({ host, log })
  host.put('/var/lib/brickwork/attachments/torn.json', '{')
  await attacher.list()
  await attacher.close()
  expect(lines).toEqual(['an entry of the journal could not be read'])
  expect(host.log.lines).toEqual([])
})
