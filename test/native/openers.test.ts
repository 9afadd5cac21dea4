import { closeSync, constants, openSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

import { addon } from './addon.js'

/** A block device that can be opened although it has no backing file. */
const loop = (() => {
  try {
    closeSync(openSync('/dev/loop0', constants.O_RDONLY | constants.O_NONBLOCK))
    return readFileSync('/sys/block/loop0/dev', 'utf8').trim()
  } catch {
    return undefined
  }
})()

test.skipIf(loop === undefined)('finds who has a block device open, once for each descriptor, without opening it', async () => {
  const number = loop ?? ''
  expect((await addon.openers('/proc', [number])).openers).toEqual([])
  const first = openSync('/dev/loop0', constants.O_RDONLY | constants.O_NONBLOCK)
  const second = openSync('/dev/loop0', constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    expect((await addon.openers('/proc', ['250:99', number])).openers).toEqual([
      { pid: process.pid, device: number },
      { pid: process.pid, device: number },
    ])
    expect((await addon.openers('/proc', ['250:99'])).openers).toEqual([])
  } finally {
    closeSync(first)
    closeSync(second)
  }
})

test('finds who has a character device open, told apart from a block device of the same number', async () => {
  const opened = openSync('/dev/zero', constants.O_RDONLY)
  try {
    const { openers } = await addon.openers('/proc', ['1:5'], ['1:5'])
    expect(openers.filter(({ pid }) => pid === process.pid)).toEqual([{ pid: process.pid, device: 'c1:5' }])
  } finally {
    closeSync(opened)
  }
})

test('a proc that is not there is a failure', async () => {
  await expect(addon.openers('/none', ['8:0'])).rejects.toMatchObject({ errno: -2, syscall: 'openat', path: '/none' })
})
