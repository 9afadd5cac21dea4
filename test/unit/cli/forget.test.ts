import { expect, test } from 'vitest'
import { connection, shellWithVolume } from './shell.js'

test('forget gives up a record of which nothing is left, and refuses while objects are there', async () => {
  const { brickwork, files } = shellWithVolume()
  files.set('-', JSON.stringify({ id: 'vol-1', connection }))
  await brickwork('attach', '-')
  const refused = await brickwork('forget', 'vol-1')
  expect(refused).toMatchObject({ code: 1, out: '' })
  expect(refused.err).toContain('brickwork: ERR_CONFLICT: "vol-1" still has objects on this host: ')
  const left = await brickwork('forget', 'vol-1', '--leave-remaining')
  expect(left).toMatchObject({ code: 0, err: '' })
  expect(left.out).toMatch(/^vol-1 is forgotten\n {2}left on this host +.*: the attachment created it\n/)
  expect(await brickwork('forget', 'vol-1')).toMatchObject({ code: 1 })
  expect(await brickwork('forget')).toMatchObject({ code: 2 })
})
