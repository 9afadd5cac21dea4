import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { sameIdentity, shownIdentity } from '../../../../lib/connectors/nvme/identity.js'
import { isWanted, sharesIdentity } from '../../../../lib/connectors/nvme/match-namespace.js'
import type { NamespaceIds } from '../../../../lib/linux/nvme/namespace.js'

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)]
const none = { uuid: undefined, nguid: undefined, eui64: undefined, nsid: undefined }
const ids = (more: Partial<NamespaceIds>): NamespaceIds => ({ wwid: undefined, ...none, nsid: 1, ...more })

describe('a namespace is wanted', () => {
  test.each([
    ['by its UUID', { uuid: A }, { uuid: A }, true],
    ['not by another UUID', { uuid: A }, { uuid: B }, false],
    ['by its NGUID in place of a UUID', { nguid: A }, { uuid: A }, true],
    ['not by an NGUID in place of a UUID that it has', { uuid: B, nguid: A }, { uuid: A }, false],
    ['by one identifier, if another one is not shown', { uuid: A }, { uuid: A, eui64: 'c'.repeat(16) }, true],
    ['not by one identifier, if another one differs', { uuid: A, nguid: A }, { uuid: A, nguid: B }, false],
    ['not by the right identity under another number', { uuid: A }, { uuid: A, nsid: 2 }, false],
    ['by its number alone', {}, { nsid: 1 }, true],
    ['not by identifiers that it does not show', {}, { uuid: A, eui64: 'c'.repeat(16) }, false],
    ['not by nothing', { uuid: A }, {}, false],
  ])('%s', (_, shown, wanted, is) => {
    expect(isWanted(ids(shown), { ...none, ...wanted })).toBe(is)
  })
  test('is the same in another subsystem by identity, never by number', () => {
    expect(sharesIdentity(ids({ uuid: A, nsid: 9 }), { ...none, uuid: A, nsid: 1 })).toBe(true)
    expect(sharesIdentity(ids({}), { ...none, nsid: 1 })).toBe(false)
  })
})

describe('what a namespace shows', () => {
  test('is named by the kernel, and by each identifier', () => {
    expect(shownIdentity({ ids: ids({ wwid: `uuid.${A}`, uuid: A, nguid: B, eui64: 'c'.repeat(16) }), serial: 's' })).toEqual({
      identity: { scheme: 'nvme', id: `uuid.${A}` },
      wwid: `uuid.${A}`,
      serial: 's',
      names: [`uuid.${A}`, `eui.${B}`, `eui.${'c'.repeat(16)}`],
    })
  })
  test('may be expected as a UUID when it has only an NGUID', () => {
    expect(shownIdentity({ ids: ids({ wwid: `eui.${A}`, nguid: A }), serial: undefined }).names).toContain(`uuid.${A}`)
  })
  test('is no identity when the name is only a place', () => {
    expect(shownIdentity({ ids: ids({ wwid: 'nvme.0000-61-62-00000001' }), serial: undefined }).identity).toBeNull()
  })
})

describe('two identities', () => {
  test.each([
    ['the same', { uuid: A }, { uuid: A }, true],
    ['one that gained an identifier', { uuid: A }, { uuid: A, nguid: B }, true],
    ['one that changed an identifier', { uuid: A, nguid: A }, { uuid: A, nguid: B }, false],
    ['different kinds', { uuid: A }, { nguid: A }, false],
    ['one that lost all', { uuid: A }, {}, false],
    ['two without any', {}, {}, true],
  ])('%s', (_, a, b, is) => {
    expect(sameIdentity({ ...none, ...a }, { ...none, ...b })).toBe(is)
  })
  test('are compared the same way from both sides', () => {
    const id = fc.option(fc.constantFrom(A, B), { nil: undefined })
    const any = fc.record({ uuid: id, nguid: id, eui64: id })
    fc.assert(
      fc.property(any, any, (a, b) => {
        expect(sameIdentity(a, b)).toBe(sameIdentity(b, a))
      }),
    )
  })
})
