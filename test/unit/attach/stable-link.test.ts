import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { digest } from '../../../lib/operation/digest.js'
import { linkPath, makeLink } from '../../../lib/attach/stable-link.js'
import { FakeHost } from '../../../lib/testing/index.js'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

describe('the stable link', () => {
  test('of the default owner is the SHA-256 of the id, as documented: callers may work it out', () => {
    expect(linkPath('/run/brickwork', 'default', 'vol-1')).toBe(`/run/brickwork/by-id/${sha256('vol-1')}`)
  })
  test('of other owners never meets that of the same id', () => {
    const links = ['default', 'csi', 'backup'].map((owner) => linkPath('/run/brickwork', owner, 'vol-1'))
    expect(new Set(links).size).toBe(3)
  })
  test('leads to the device, and is made anew when the device is another', async () => {
    const host = new FakeHost()
    const path = linkPath('/run/brickwork', 'default', 'vol-1')
    await makeLink(host, path, '/dev/sda')
    await makeLink(host, path, '/dev/sdb')
    expect(await host.files.readLink(path)).toBe('/dev/sdb')
    expect((await host.files.stat('/run/brickwork/by-id'))?.mode).toBe(0o755)
    host.verify()
  })
})

describe('the digest of names', () => {
  test('is a file name, whatever the names are', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (parts) => {
        expect(digest(...parts)).toMatch(/^[0-9a-f]{64}$/)
      }),
    )
  })
  test('tells parts apart, not only their letters', () => {
    expect(new Set([digest('a', 'bc'), digest('ab', 'c'), digest('abc'), digest('a', 'b', 'c')]).size).toBe(4)
  })
})
