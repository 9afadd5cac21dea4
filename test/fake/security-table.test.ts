/** SECURITY.md names every place to which an attach and a detach write, and every socket that they use. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Secret } from '../../lib/index.js'
import { IQN } from '../world/expect.js'
import { createFakeWorld } from '../world/fake/world.js'
import { PORTALS } from '../world/four.js'
import { ended } from './field.js'

const document = readFileSync(join(import.meta.dirname, '../../SECURITY.md'), 'utf8')
/** The paths in the second column of its tables; `nodes/` stands for the directories beside it. */
const named = [...document.matchAll(/^\| [^|]* \| ([^|]*) \|/gm)]
  .flatMap(([, cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].flatMap(([, path]) => path ?? []))
  .map((path) => (path.startsWith('/') ? path : `/etc/iscsi/${path}`))
const sockets = [...document.matchAll(/^\| `@([^`]+)`/gm)].map(([, name]) => name)

const WRITES = ['files.commit', 'files.replace', 'files.append', 'files.link', 'files.makeDirectory', 'kernel.changeRecord']

test('every file that is written is in the table of SECURITY.md, and every socket', async () => {
  const chap = { username: 'someone', secret: 'correct-horse-battery' }
  const world = await createFakeWorld({ multipathd: 'running' })
  await world.volume('data')
  await world.target({ iqn: IQN, portals: PORTALS, luns: { 1: 'data' }, chap })
  await world.discoveryChap({ username: 'finder', secret: 'secret-of-the-finder' })
  const attacher = await world.attacher()
  const auth = { username: chap.username, secret: new Secret(chap.secret) }
  const [portal = ''] = PORTALS
  const discovery = { portal, auth: { username: 'finder', secret: 'secret-of-the-finder' } }
  await attacher.attach({
    id: 'one',
    connection: { protocol: 'iscsi', targets: [{ iqn: IQN, lun: 1 }], discovery, auth },
    policy: { multipath: 'require', assemble: 'direct', iscsi: { logins: 'socket' } },
  })
  await attacher.detach('one')
  const calls = world.host.trace
  const written = new Set(calls.filter(({ call }) => WRITES.includes(call)).flatMap(({ subject }) => subject.match(/\/[^\s]+/g) ?? []))
  const isNamed = (path: string) => named.some((each) => path.startsWith(each.replace(/\/$/, '')) || each.startsWith(`${path}/`))
  expect(written.size).toBeGreaterThan(5)
  expect([...written].filter((path) => !isNamed(path))).toEqual([])
  const spoken = new Set(calls.filter(({ call }) => call === 'kernel.exchange').map(({ subject }) => subject.split(' ')[0]))
  expect([...spoken].filter((name) => !sockets.includes(name))).toEqual([])
  expect(spoken.size).toBeGreaterThan(0)
  await world.discoveryChap(undefined)
  await ended(world)
})
