/** `--root`: the host of a container. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { expect, test } from 'vitest'

import { temporaryDirectory } from '../host/temporary-directory.js'
import { shell } from './shell.js'

async function rootWith(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryDirectory()
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true })
    writeFileSync(join(root, name), text)
  }
  return root
}

test('a command with --root is about the host whose root is mounted there', async () => {
  const root = await rootWith({
    'proc/sys/kernel/random/boot_id': '11111111-2222-4333-8444-555555555555\n',
    'proc/sys/kernel/hostname': 'node-7\n',
    'etc/iscsi/initiatorname.iscsi': 'InitiatorName=iqn.2024-01.org.example:node-7\n',
  })
  const { code, out } = await shell().brickwork('identity', '--root', root, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ hostname: 'node-7', iscsi: { initiatorName: 'iqn.2024-01.org.example:node-7' } })
  expect(await shell().brickwork('list', '--root', root)).toMatchObject({ code: 0, out: 'Nothing is attached.\n' })
  const doctor = await shell().brickwork('doctor', '--root', root, '--json')
  expect(doctor.out).toContain(root)
})

test('a directory that is no root of a host is refused', async () => {
  const { code, err } = await shell().brickwork('list', '--root', await rootWith({ 'a file': '' }))
  expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('ERR_UNSUPPORTED_PLATFORM') as string })
})
