import { describe, expect, test } from 'vitest'

import type { Files, FolderState, GuardedWrite } from '../../lib/core/host.js'
import type { Tree } from '../../lib/core/tree.js'
import { type MakeSubject, patience, using } from './subject.js'

export function describeKernel(name: string, make: MakeSubject): void {
  describe(`readChanged of ${name}`, () => {
    const suffix = '.json'
    test(
      'tells what is new, changed or gone since an earlier look, by the ends of names',
      using(make, async ({ host, directory }) => {
        const { files, kernel } = host
        const look = async (since?: FolderState) => {
          const { state, files: found, gone, unread } = await kernel.readChanged({ directory, suffix, since }, patience())
          return { state, texts: [...found].map(([file, bytes]) => [file, new TextDecoder().decode(bytes)].join('=')), gone, unread }
        }
        for (const file of ['a.json', 'b.json', 'c.text']) await files.replace(`${directory}/${file}`, file, 0o600)
        const first = await look()
        expect(first).toMatchObject({ texts: ['a.json=a.json', 'b.json=b.json'], gone: [], unread: [] })
        await files.replace(`${directory}/a.json`, 'another', 0o600)
        await files.replace(`${directory}/d.json`, 'd\n', 0o600)
        await files.remove(`${directory}/b.json`)
        const second = await look(first.state)
        expect(second).toMatchObject({ texts: ['a.json=another', 'd.json=d\n'], gone: ['b.json'], unread: [] })
        expect((await look()).texts).toEqual(second.texts)
        await files.remove(`${directory}/d.json`)
        expect((await look(second.state)).gone).toEqual(['d.json'])
      }),
    )
    test(
      'what is no file, or too large, is told as unread; a directory that is not there has no files',
      using(make, async ({ host, directory }) => {
        await host.files.makeDirectory(`${directory}/sub.json`, 0o700)
        await host.files.replace(`${directory}/large.json`, 'x'.repeat(64 * 1024 + 1), 0o600)
        const { files, unread } = await host.kernel.readChanged({ directory, suffix, since: undefined }, patience())
        expect([[...files], unread]).toEqual([[], ['large.json', 'sub.json']])
        const none = await host.kernel.readChanged({ directory: `${directory}/none`, suffix, since: undefined }, patience())
        expect([[...none.files], none.gone, none.unread]).toEqual([[], [], []])
      }),
    )
    test(
      'the state of another host is refused',
      using(make, async ({ host, directory }) => {
        await expect(host.kernel.readChanged({ directory, suffix, since: {} }, patience())).rejects.toMatchObject({
          code: 'ERR_INVALID_ARGUMENT',
        })
      }),
    )
  })
  describeTrees(name, make)

  describe.each(['bounded', 'unbounded'] as const)(`a write (%s) of ${name}`, (waits) => {
    const request = (directory: string, more: Partial<GuardedWrite>): GuardedWrite => {
      return { directory, guards: [], attribute: 'size', value: '300', waits, ...more }
    }
    test(
      'is done when all guards hold, also those above a link',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const guards = [
          { attribute: 'size', equals: '200' },
          { attribute: '../sda/queue/size', equals: '512' },
        ]
        expect(await host.kernel.write(request(`${directory}/disks/link`, { guards }), patience())).toEqual({ outcome: 'written' })
        expect(await host.files.read(`${directory}/disks/sdb/size`)).toBe('300')
      }),
    )
    test(
      'is not done when one differs; what one asks for may be gone with the object',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const differs = request(`${directory}/disks/sda`, { guards: [{ attribute: 'size', equals: '200' }] })
        expect(await host.kernel.write(differs, patience())).toEqual({ outcome: 'changed', attribute: 'size', found: '100' })
        const absent = request(`${directory}/disks/sda`, { guards: [{ attribute: 'none', equals: '' }] })
        expect(await host.kernel.write(absent, patience())).toEqual({ outcome: 'gone' })
        expect(await host.files.read(`${directory}/disks/sda/size`)).toBe('100')
      }),
    )
    test(
      'may compare the beginning of an attribute only',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const begins = (equals: string) => request(`${directory}/disks/sda`, { guards: [{ attribute: 'size', equals, prefix: true }] })
        for (const other of ['1000', '00', '2'])
          expect(await host.kernel.write(begins(other), patience())).toEqual({ outcome: 'changed', attribute: 'size', found: '100' })
        expect(await host.kernel.write(begins('10'), patience())).toEqual({ outcome: 'written' })
        expect(await host.files.read(`${directory}/disks/sda/size`)).toBe('300')
      }),
    )
    test(
      'finds nothing where nothing is',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        expect(await host.kernel.write(request(`${directory}/none`, {}), patience())).toEqual({ outcome: 'gone' })
        expect(await host.kernel.write(request(`${directory}/disks/sda`, { attribute: 'none' }), patience())).toEqual({ outcome: 'gone' })
        expect(await host.files.list(`${directory}/disks/sda`)).toEqual(['queue', 'size', 'subsystem'])
      }),
    )
  })
}

/** Reads of trees, which a host without the native part does too. */
export function describeTrees(name: string, make: MakeSubject): void {
  describe(`readTree of ${name}`, () => {
    test(
      'reads what the plan names, by the first pattern that matches',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const node = { attributes: ['size', 'queue/size', 'none'], links: ['subsystem', 'size'] }
        const plan = {
          root: `${directory}/disks`,
          node: {
            children: [
              { pattern: 'sd*', node },
              { pattern: '*', node: {} },
            ],
          },
        }
        const tree = await host.kernel.readTree(plan, patience())
        expect(tree.name).toBe('disks')
        expect(names(tree.children())).toEqual(['sda', 'sdb', 'vda'])
        expect(names(tree.children('sd*'))).toEqual(['sda', 'sdb'])
        const sda = tree.child('sda')
        expect(sda?.text('size')).toBe('100')
        expect(new TextDecoder().decode(sda?.bytes('size'))).toBe('100\n')
        expect(sda?.text('queue/size')).toBe('512')
        expect([sda?.text('none'), sda?.bytes('none'), sda?.error('none')]).toEqual([undefined, undefined, undefined])
        expect([sda?.link('subsystem'), sda?.link('size'), sda?.link('none')]).toEqual(['../../class', undefined, undefined])
        expect(tree.child('vda')?.text('size')).toBeUndefined()
        expect(tree.child('link')).toBeUndefined()
      }),
    )
    test(
      'enters just the names that are given, and those that are not there are absent',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const inner = { attributes: ['size'] }
        const read = async (names: readonly string[]) => {
          const plan = { root: `${directory}/disks`, node: { children: [{ pattern: '*', names, follow: true, node: inner }] } }
          return (await host.kernel.readTree(plan, patience())).children('*').map((child) => [child.name, child.text('size')])
        }
        expect(await read(['sdb', 'link', 'none', 'sda'])).toEqual([
          ['link', '200'],
          ['sda', '100'],
          ['sdb', '200'],
        ])
        expect(await read([])).toEqual([])
      }),
    )
    test(
      'enters only those whose attribute says one of the wanted things',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        await host.files.makeDirectory(`${directory}/disks/broken/size`, 0o755)
        const read = async (...among: string[]) => {
          const where = { attribute: 'size', among }
          const node = { children: [{ pattern: '*', follow: true, where, node: { attributes: ['queue/size'] } }] }
          return names((await host.kernel.readTree({ root: `${directory}/disks`, node }, patience())).children())
        }
        // An unreadable attribute counts as a match, and its reader gets the error.
        expect(await read('200', 'x')).toEqual(['broken', 'link', 'sdb'])
        expect(await read('200\n')).toEqual(['broken'])
        expect(await read()).toEqual(['broken'])
        // sysfs shows an attribute without a value as an empty line.
        await host.files.makeDirectory(`${directory}/disks/new`, 0o755)
        await host.files.replace(`${directory}/disks/new/size`, '\n', 0o644)
        expect(await read('')).toEqual(['broken', 'new'])
      }),
    )
    test(
      'enters links where the plan says so',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const plan = { root: `${directory}/disks`, node: { children: [{ pattern: 'l*k', follow: true, node: { attributes: ['size'] } }] } }
        const tree = await host.kernel.readTree(plan, patience())
        expect(tree.children().map((child) => [child.name, child.text('size')])).toEqual([['link', '200']])
      }),
    )
    test(
      'tells the link through which a directory was entered, if it was one',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const node = { links: ['.'] }
        const plan = {
          root: `${directory}/disks`,
          node: { ...node, children: [{ pattern: '*', names: ['link', 'sda'], follow: true, node }] },
        }
        const tree = await host.kernel.readTree(plan, patience())
        const link = await host.files.readLink(`${directory}/disks/link`)
        expect([tree.link('.'), tree.child('link')?.link('.'), tree.child('sda')?.link('.')]).toEqual([undefined, link, undefined])
        expect(link).toBeDefined()
      }),
    )
    test(
      'a directory that is not there is an empty tree; what cannot be read says why',
      using(make, async ({ host, directory }) => {
        await plantDisks(host.files, directory)
        const plan = { root: `${directory}/none`, node: { attributes: ['size'], children: [{ pattern: '*', node: {} }] } }
        const tree = await host.kernel.readTree(plan, patience())
        expect([tree.name, tree.children(), tree.text('size'), tree.error('size')]).toEqual(['none', [], undefined, undefined])
        const broken = await host.kernel.readTree({ root: `${directory}/disks/sda`, node: { attributes: ['queue'] } }, patience())
        expect([broken.text('queue'), broken.error('queue')]).toEqual([undefined, 'EISDIR'])
      }),
    )
  })
}

/** Two disks, a link to the second, and another disk. */
async function plantDisks(files: Files, directory: string): Promise<void> {
  for (const disk of ['sda', 'sdb', 'vda']) {
    await files.makeDirectory(`${directory}/disks/${disk}/queue`, 0o755)
    await files.replace(`${directory}/disks/${disk}/size`, disk === 'sdb' ? '200\n' : '100\n', 0o644)
    await files.replace(`${directory}/disks/${disk}/queue/size`, '512\n', 0o644)
    await files.link(`${directory}/disks/${disk}/subsystem`, '../../class')
  }
  await files.link(`${directory}/disks/link`, 'sdb')
}
function names(trees: readonly Tree[]): string[] {
  return trees.map((tree) => tree.name)
}
