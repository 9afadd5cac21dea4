import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import type { Tree } from '../../lib/core/tree.js'
import { decodeTree } from '../../lib/host/tree-decoder.js'
import type { EncodedPlan } from '../../lib/host/encoded.js'
import { packPlan } from '../../lib/host/plan-encoder.js'
import { addon, folder, nothing } from './addon.js'

/** Each list of names passed as an array, and as one text. */
async function read(root: string, plan: EncodedPlan): Promise<Tree> {
  const bytes = await addon.readTree(root, plan)
  expect(Buffer.compare(await addon.readTree(root, packPlan(plan)), bytes)).toBe(0)
  return decodeTree(bytes, plan, root)
}

test('reads a folder as the plan says', async () => {
  const root = folder()
  mkdirSync(join(root, '4:0:0:1/queue'), { recursive: true })
  writeFileSync(join(root, '4:0:0:1/queue/depth'), '32\n')
  mkdirSync(join(root, '4:0:0:10'))
  mkdirSync(join(root, 'power'))
  writeFileSync(join(root, 'state'), 'running\n')
  writeFileSync(join(root, 'raw'), Buffer.from([0, 255, 10]))
  symlinkSync('../elsewhere', join(root, 'subsystem'))
  symlinkSync('4:0:0:1', join(root, 'link'))
  const disk: EncodedPlan = { ...nothing, attributes: ['queue/depth'] }
  const tree = await read(root, {
    attributes: ['state', 'raw', 'none', 'state/below', 'power'],
    links: ['subsystem', 'state'],
    children: [
      { pattern: '4:*', follow: false, node: disk },
      { pattern: 'l*k', follow: true, node: disk },
    ],
  })

  expect(tree.text('state')).toBe('running')
  expect(tree.bytes('raw')).toEqual(Buffer.from([0, 255, 10]))
  expect([tree.text('none'), tree.error('none'), tree.error('state/below')]).toEqual([undefined, undefined, undefined])
  expect(tree.error('power')).toBe('EISDIR')
  expect([tree.link('subsystem'), tree.link('state')]).toEqual(['../elsewhere', undefined])
  expect(tree.children().map((child) => [child.name, child.text('queue/depth')])).toEqual([
    ['4:0:0:1', '32'],
    ['4:0:0:10', undefined],
    ['link', '32'],
  ])
})

test('reads sysfs', async () => {
  const tree = await read('/sys/class/mem', {
    ...nothing,
    children: [{ pattern: '*', follow: true, node: { ...nothing, attributes: ['dev', 'uevent'], links: ['subsystem'] } }],
  })
  const device = tree.child('null')
  expect(device?.text('dev')).toBe('1:3')
  expect(device?.bytes('uevent')).toEqual(readFileSync('/sys/class/mem/null/uevent'))
  expect(device?.link('subsystem')).toMatch(/class\/mem$/)
  expect(tree.children().map((child) => child.name)).toContain('zero')
})

test('an absent root is an answer, a root that is no directory too', async () => {
  expect([...(await addon.readTree('/sys/class/none', nothing))]).toEqual([0])
  expect([...(await addon.readTree('/etc/passwd', nothing))]).toEqual([0])
})

test('a large folder: every entry once, in order', async () => {
  const root = folder()
  const names = Array.from({ length: 2000 }, (_, i) => `entry-${i}`)
  for (const name of names) mkdirSync(join(root, name))
  const tree = await read(root, { ...nothing, children: [{ pattern: 'entry-*', follow: false, node: nothing }] })
  expect(tree.children().map((child) => child.name)).toEqual(names.sort())
})
