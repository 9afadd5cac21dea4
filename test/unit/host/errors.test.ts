import { expect, test } from 'vitest'

import { BrickworkError } from '../../../lib/core/errors.js'
import { errnoName, systemError } from '../../../lib/host/errors.js'
import { permissionAdvice } from '../../../lib/host/permission-advice.js'

const failed = (errno: number) => Object.assign(new Error('x'), { errno, syscall: 'write', path: '/sys/x' })

test.each([
  [5, 'EIO'],
  [-28, 'ENOSPC'],
  [61, 'ENODATA'],
  [52, 'EBADE'],
  [121, 'EREMOTEIO'],
  [9999, 'E9999'],
  [0, 'E0'],
])('errno %i is %s', (errno, name) => {
  expect(errnoName(errno)).toBe(name)
})

test.each([
  [-1, 'ERR_PERMISSION', 'EPERM'],
  [-13, 'ERR_PERMISSION', 'EACCES'],
  [-28, 'ERR_KERNEL', 'ENOSPC'],
  [-30, 'ERR_KERNEL', 'EROFS'],
  [-5, 'ERR_KERNEL', 'EIO'],
])('%i is %s', (errno, code, name) => {
  const cause = failed(errno)
  const error = systemError(cause)
  expect(error).toMatchObject({ code, details: { errno: name, syscall: 'write', path: '/sys/x' }, cause })
  expect(error.message).toMatch(new RegExp(`^write /sys/x failed with ${name} \\(.+\\)$`))
})

test("EIO, which is all that a flush says of another host's reservation, names where to look", () => {
  expect(systemError(failed(-5)).message).toContain('"reservation conflict"')
})

test('only a process that is not root is told to run as root', () => {
  expect(permissionAdvice(1000)).toMatch(/^this process runs as user 1000: run it as root; in a container/)
  expect(permissionAdvice(0)).not.toContain('as root')
  expect(permissionAdvice(0)).toContain('run a container privileged')
})

test('the host path stands for the path of this process', () => {
  expect(systemError(failed(-5), '/host/path')).toMatchObject({ details: { path: '/host/path' } })
})

test('other errors stay what they are', () => {
  for (const error of [new TypeError('wrong'), new BrickworkError('ERR_PARSE', 'x'), AbortSignal.abort().reason as Error]) {
    expect(systemError(error)).toBe(error)
  }
})
