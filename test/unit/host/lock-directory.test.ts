import { chmodSync, existsSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { requireSafeDirectory } from '../../../lib/host/lock-directory.js'
import { FakeHost } from '../../../lib/testing/index.js'
import { temporaryDirectory } from './temporary-directory.js'

const refusal = (path: string) => ({ code: 'ERR_STATE', details: { file: path }, message: expect.stringContaining(path) as unknown })

test('the directory of the lock is made where it is missing, and taken where only its owner may write', async () => {
  const path = `${await temporaryDirectory()}/iscsi`
  await requireSafeDirectory(path)
  expect(statSync(path).isDirectory()).toBe(true)
  expect(statSync(path).mode & 0o007).toBe(0)
  chmodSync(path, 0o770)
  await requireSafeDirectory(path)
})

test('one that others may write to, and what is no directory, is refused by name', async () => {
  const folder = await temporaryDirectory()
  const open = `${folder}/open`
  mkdirSync(open)
  chmodSync(open, 0o1777)
  await expect(requireSafeDirectory(open)).rejects.toMatchObject(refusal(open))
  mkdirSync(`${folder}/real`)
  symlinkSync(`${folder}/real`, `${folder}/link`)
  await expect(requireSafeDirectory(`${folder}/link`)).rejects.toMatchObject(refusal(`${folder}/link`))
  writeFileSync(`${folder}/file`, '')
  await expect(requireSafeDirectory(`${folder}/file`)).rejects.toMatchObject(refusal(`${folder}/file`))
  await expect(requireSafeDirectory(`${folder}/none/iscsi`)).rejects.toMatchObject({ code: 'ERR_KERNEL' })
  expect(existsSync(`${folder}/none`)).toBe(false)
})

test('FakeHost refuses it, too, and writes no record', async () => {
  const host = new FakeHost()
  const lockDirectory = '/run/lock/other'
  const change = { lockDirectory, path: '/etc/iscsi/nodes/iqn.x/10.99.1.1,3260', text: 'x' }
  await host.files.makeDirectory(lockDirectory, 0o777)
  await expect(host.kernel.changeRecord(change, new AbortController().signal)).rejects.toMatchObject(refusal(lockDirectory))
  expect(host.text(change.path)).toBeUndefined()
})
