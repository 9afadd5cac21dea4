import { accessSync, constants, writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'

import { addon, node, until } from './addon.js'

const uevent = '/sys/class/mem/null/uevent'
const mayWrite = (() => {
  try {
    accessSync(uevent, constants.W_OK)
    return true
  } catch {
    return false
  }
})()
// A token of this test distinguishes its events from others.
const happen = (token: string) => writeFileSync(uevent, `change 00000000-0000-4000-8000-000000000000 TOKEN=${token}`)

async function listening(groups: number) {
  const batches: Buffer[][] = []
  const handle = await addon.listen(groups, undefined, (batch) => batches.push(batch))
  onTestFinished(() => addon.unlisten(handle))
  const texts = () => batches.flat().map((message) => message.toString())
  return { handle, batches, with: (token: string) => texts().filter((text) => text.includes(`SYNTH_ARG_TOKEN=${token}\0`)) }
}

test.skipIf(!mayWrite)('what the kernel says: one byte for the source, then KEY=VALUE text without the header', async () => {
  const listener = await listening(1)
  happen('one')
  await until(() => listener.with('one').length > 0, 'the event')
  const [message = ''] = listener.with('one')
  expect(message.slice(0, message.indexOf('\0'))).toBe('\x01ACTION=change')
  const entries = message.slice(1).split('\0')
  expect(entries).toContain('DEVPATH=/devices/virtual/mem/null')
  expect(entries).toContain('SUBSYSTEM=mem')
  expect(entries.some((entry) => /^SEQNUM=\d+$/.test(entry))).toBe(true)
})

test.skipIf(!mayWrite)('while JavaScript is busy events gather, and come in few batches, none missing', async () => {
  const listener = await listening(1)
  for (let i = 0; i < 300; i++) happen(`busy${i}`)
  const busy = performance.now()
  while (performance.now() - busy < 200);
  await until(() => listener.with('busy299').length > 0, 'the last event')
  expect(Array.from({ length: 300 }, (_, i) => listener.with(`busy${i}`).length)).toEqual(Array.from({ length: 300 }, () => 1))
  expect(listener.batches.length).toBeLessThan(20)
})

test.skipIf(!mayWrite)('nothing comes after unlisten, not even what had been received', async () => {
  const listener = await listening(1)
  const other = await listening(1)
  happen('late')
  const busy = performance.now()
  while (performance.now() - busy < 50);
  addon.unlisten(listener.handle)
  addon.unlisten(listener.handle)
  happen('later')
  await until(() => other.with('later').length > 0, 'the event at the other listener')
  expect([listener.with('late'), listener.with('later')]).toEqual([[], []])
  expect(other.with('late').length).toBe(1)
})

test('a namespace that is not there is a failure', async () => {
  await expect(addon.listen(3, '/none', () => undefined)).rejects.toMatchObject({ errno: -2, path: '/none' })
})

test('a listener does not keep the process alive', async () => {
  const ended = await node(`addon.listen(3, undefined, () => {}).then(() => console.log('listening'))`).ended
  expect(ended).toMatchObject({ status: 0, out: 'listening\n' })
})

test.skipIf(!mayWrite)('an exception of the callback is an uncaught exception, and listening goes on', async () => {
  const code = `
    let thrown = 0
    process.on('uncaughtException', (error) => { console.log(error.message, ++thrown); if (thrown === 2) process.exit() })
    addon.listen(1, undefined, () => { throw new Error('mine') })
    setInterval(() => require('fs').writeFileSync('${uevent}', 'change'), 50)`
  const ended = await node(code).ended
  expect(ended).toMatchObject({ status: 0, out: 'mine 1\nmine 2\n' })
})
