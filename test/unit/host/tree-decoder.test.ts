import fc from 'fast-check'
import { describe, expect, test } from 'vitest'

import { isBrickworkError } from '../../../lib/core/errors.js'
import type { Tree } from '../../../lib/core/tree.js'
import type { EncodedPlan } from '../../../lib/host/encoded.js'
import { encodePlan } from '../../../lib/host/plan-encoder.js'
import { decodeTree } from '../../../lib/host/tree-decoder.js'

interface Node {
  readonly name: string
  readonly attributes?: readonly (readonly [index: number, value: string | number])[]
  readonly links?: readonly (readonly [index: number, target: string])[]
  readonly children?: readonly (readonly [index: number, node: Node])[]
}

/** The addon's output, built from the description of its format. */
function encodeNode({ name, attributes = [], links = [], children = [] }: Node): Buffer {
  const field = (bytes: Buffer) => Buffer.concat([u32(bytes.length), bytes])
  const attribute = ([index, value]: readonly [number, string | number]) =>
    Buffer.concat([
      u16(index),
      Buffer.of(typeof value === 'number' ? 1 : 0),
      field(typeof value === 'number' ? u32(value) : Buffer.from(value)),
    ])
  return Buffer.concat([
    u16(name.length),
    Buffer.from(name),
    u16(attributes.length),
    ...attributes.map(attribute),
    u16(links.length),
    ...links.map(([index, target]) => Buffer.concat([u16(index), field(Buffer.from(target))])),
    u32(children.length),
    ...children.map(([index, node]) => Buffer.concat([u16(index), field(encodeNode(node))])),
  ])
}
const encodeTree = (node: Node) => Buffer.concat([Buffer.of(1), encodeNode(node)])
const u16 = (value: number) => Buffer.from(Uint16Array.of(value).buffer)
const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer)

const plan = encodePlan({
  children: [
    {
      pattern: 'sd*',
      follow: true,
      node: { attributes: ['size', 'device/wwid'], links: ['device'], children: [{ pattern: 'holders', node: {} }] },
    },
    { pattern: 'dm-*', node: { attributes: ['dm/name'] } },
  ],
})

describe('a tree', () => {
  const tree = decodeTree(
    encodeTree({
      name: 'block',
      children: [
        [0, { name: 'sdb', attributes: [[0, '2048\n']], links: [[0, '../../4:0:0:1']] }],
        [1, { name: 'dm-0', attributes: [[0, 'mpatha\n\n']] }],
        [
          0,
          {
            name: 'sda',
            attributes: [
              [0, '4096'],
              [1, 5],
            ],
            children: [[0, { name: 'holders' }]],
          },
        ],
      ],
    }),
    plan,
    'block',
  )

  test('lists its directories by name, and by the pattern they were entered for', () => {
    expect(tree.children().map(({ name }) => name)).toEqual(['dm-0', 'sda', 'sdb'])
    expect(tree.children('sd*').map(({ name }) => name)).toEqual(['sda', 'sdb'])
    expect(tree.children('nvme*')).toEqual([])
    expect(tree.child('sda')?.child('holders')?.children()).toEqual([])
    expect(tree.child('sdc')).toBeUndefined()
  })
  test('gives attributes as text without one trailing newline, and as bytes', () => {
    expect(tree.child('sdb')?.text('size')).toBe('2048')
    expect(tree.child('dm-0')?.text('dm/name')).toBe('mpatha\n')
    expect(Buffer.from(tree.child('sdb')?.bytes('size') ?? []).toString()).toBe('2048\n')
  })
  test('tells an attribute that is absent from one that could not be read', () => {
    const sda = tree.child('sda')
    expect(sda?.error('device/wwid')).toBe('EIO')
    expect(sda?.text('device/wwid')).toBeUndefined()
    expect(tree.child('sdb')?.error('device/wwid')).toBeUndefined()
    expect(tree.child('sdb')?.text('device/wwid')).toBeUndefined()
  })
  test('gives the text of links', () => {
    expect(tree.child('sdb')?.link('device')).toBe('../../4:0:0:1')
    expect(tree.child('sda')?.link('device')).toBeUndefined()
  })
  test('of a directory that is not there is empty', () => {
    const nothing = decodeTree(Buffer.of(0), plan, 'block')
    expect(nothing.name).toBe('block')
    expect(nothing.children()).toEqual([])
    expect(nothing.text('size')).toBeUndefined()
  })
})

test('a directory is decoded only when something in it is asked for', () => {
  const bytes = encodeTree({ name: 'block', children: [[0, { name: 'sda', attributes: [[0, '1']] }]] })
  bytes[bytes.length - 1] = 0xff // the last child of sda would be the 4,278,190,080th
  const tree = decodeTree(bytes, plan, 'block')
  const sda = tree.child('sda')
  expect(sda?.name).toBe('sda')
  expect(() => sda?.text('size')).toThrow(expect.objectContaining({ code: 'ERR_PARSE' }))
  expect(() => sda?.text('size'), 'and fails in the same way again').toThrow(expect.objectContaining({ code: 'ERR_PARSE' }))
})

describe('what is malformed is ERR_PARSE and nothing else', () => {
  const valid = encodeTree({
    name: 'block',
    children: [
      [0, { name: 'sda', attributes: [[0, '4096\n']], links: [[0, 'x']], children: [[0, { name: 'holders' }]] }],
      [1, { name: 'dm-0', attributes: [[0, 'a']] }],
    ],
  })
  const readAll = (bytes: Uint8Array): 'tree' | 'refused' => {
    try {
      visit(decodeTree(bytes, plan, 'block'), plan)
      return 'tree'
    } catch (error) {
      if (isBrickworkError(error, 'ERR_PARSE')) return 'refused'
      throw error
    }
  }
  test('arbitrary bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => void readAll(bytes)))
  })
  test('arbitrary bytes after a good start', () => {
    const start = encodeTree({ name: 'b' }).subarray(0, 8)
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => void readAll(Buffer.concat([start, bytes]))))
  })
  test('every prefix of a good tree', () => {
    expect(readAll(valid)).toBe('tree')
    for (let length = 0; length < valid.length; length++) expect(readAll(valid.subarray(0, length)), `${length} bytes`).toBe('refused')
  })
  test('bytes too many', () => {
    expect(readAll(Buffer.concat([valid, Buffer.of(0)]))).toBe('refused')
  })
  test('any change of any byte', () => {
    const change = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 }))
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const bytes = Buffer.from(valid)
        for (const [at, value] of changes) bytes[at] = value
        readAll(bytes)
      }),
      { numRuns: 2000 },
    )
  })
})

function visit(tree: Tree, { attributes, links, children }: EncodedPlan): void {
  for (const name of attributes) {
    tree.text(name)
    tree.bytes(name)
    tree.error(name)
  }
  for (const name of links) tree.link(name)
  for (const { pattern, node } of children) for (const child of tree.children(pattern)) visit(child, node)
}
