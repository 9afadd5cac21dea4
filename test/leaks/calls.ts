/** Every function of the addon and every operation of the helper, as calls that can be repeated a hundred thousand times. */
import { setMaxListeners } from 'node:events'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Kernel } from '../../lib/core/host.js'
import { Secret } from '../../lib/core/secret.js'
import type { Addon } from '../../lib/host/native.js'
import type { NativeStep } from '../../lib/host/native-steps.js'

export interface Things {
  readonly addon: Addon
  /** For operations of helper processes. */
  readonly kernel: Kernel
  /** An empty folder, best in memory, because records are written durably. */
  readonly folder: string
  /** Missing devices are used too, because errors may leak as well. */
  readonly sg: string
  readonly device: string
  readonly map: string
}
/** Succeeds or fails: both results are tested. */
export type Call = (index: number) => unknown

const X = Buffer.from('x')
const { signal } = new AbortController()
setMaxListeners(0, signal)

export async function callsOf(things: Things): Promise<Readonly<Record<string, Call>>> {
  return { ...files(things), ...(await sockets(things)), ...devices(things), ...helpers(things) }
}

function files({ addon, folder }: Things): Record<string, Call> {
  const tree = join(folder, 'tree')
  for (const name of ['a', 'b', 'c']) {
    mkdirSync(join(tree, name), { recursive: true })
    writeFileSync(join(tree, name, 'size'), `${name}\n`)
    symlinkSync('../x', join(tree, name, 'link'))
  }
  const node = { attributes: ['size', 'none'], links: ['link'], children: [] }
  const plan = { attributes: [], links: [], children: [{ pattern: '*', follow: false, node }] }
  const guards = (equals: string) => [{ attribute: 'size', equals: Buffer.from(equals) }]
  const record = (index: number) => join(folder, `records${index % 8}`, 'nodes/iqn.x/10.99.1.1,3260')
  return {
    readTree: () => addon.readTree(tree, plan),
    'readTree of nothing': () => addon.readTree(join(folder, 'none'), plan),
    readChanged: () => addon.readChanged(join(tree, 'a'), 'e', new Uint8Array(0)),
    'readChanged of nothing': () => addon.readChanged(join(folder, 'none'), 'e', new Uint8Array(0)),
    'readChanged since no time': () => addon.readChanged(join(tree, 'a'), 'e', X),
    'guardedWrite: written': (index) => addon.guardedWrite(`k${index % 8}`, join(tree, 'a'), guards('a'), 'size', Buffer.from('a\n')),
    'guardedWrite: changed': (index) => addon.guardedWrite(`k${index % 8}`, join(tree, 'b'), guards('x'), 'size', X),
    'guardedWrite: gone': (index) => addon.guardedWrite(`k${index % 8}`, join(tree, 'none'), [], 'size', X),
    replaceFile: (index) => {
      const file = join(folder, `replaced${index % 8}`)
      return addon.replaceFile(file, `${file}-${index}`, X, 0o600)
    },
    'replaceFile: durably': (index) => {
      const file = join(folder, `durable${index % 8}`)
      return addon.replaceFile(file, `${file}-${index}`, X, 0o600, true)
    },
    syncDirectory: () => addon.syncDirectory(folder),
    'replaceFile: nowhere': (index) => addon.replaceFile(join(folder, 'none/file'), join(folder, `none/${index}`), X, 0o600),
    changeRecord: (index) => {
      const data = index % 2 === 0 ? Buffer.alloc(600, 'x') : undefined
      return addon.changeRecord(join(folder, `lock${index % 8}`), record(index), data, 5000)
    },
    readFiles: () => addon.readFiles([join(tree, 'a/size'), join(tree, 'none')], true),
    'readFiles: a directory': () => addon.readFiles([tree], false),
    'runJob: every step': (index) => addon.runJob(jobIn(folder, tree, index)),
    'runJob: ended by a failed step': (index) =>
      addon.runJob([
        ...jobIn(folder, tree, index),
        { do: 'replace', path: join(folder, 'none/a'), temporary: join(folder, 'none/b'), data: X, mode: 0o600 },
      ]),
    'runJob: abandoned': (index) => {
      const uevents = [{ component: 'none' }]
      const wait = { do: 'awaitTree', root: tree, plan, uevents, until: [], timeoutMs: 60_000 } as const
      return givenUp(addon, addon.runJob([...jobIn(folder, tree, index), wait]))
    },
    'lockOpen, lockTry, lockClose': (index) => {
      const fd = addon.lockOpen(join(folder, `lock-${index % 8}`))
      addon.lockTry(fd)
      addon.lockClose(fd)
    },
    readerGone: () => addon.readerGone(1),
    stats: () => addon.stats(),
    'abandon: a read': () => givenUp(addon, addon.readTree(tree, plan)),
    'wrong arguments': () => addon.readTree('relative', plan),
  }
}

/** A list with each kind of step that needs no daemon. */
function jobIn(folder: string, tree: string, index: number): NativeStep[] {
  const plan = {
    attributes: [],
    links: [],
    children: [{ pattern: '*', follow: false, node: { attributes: ['size'], links: [], children: [] } }],
  }
  const expectation = { path: ['a'], attribute: 'size', among: ['a'], firstByte: new Uint8Array(0), absent: false }
  const file = join(folder, `job${index % 8}`)
  const record = {
    lockDirectory: join(folder, `lock${index % 8}`),
    path: join(folder, `records${index % 8}`, 'nodes/iqn.x/10.99.1.1,3260'),
  }
  return [
    { do: 'flock', path: join(folder, `job-lock-${index % 8}`), note: X },
    { do: 'readTree', root: tree, plan },
    { do: 'check', step: 1, expectation },
    { do: 'replace', path: file, temporary: `${file}-${index}`, data: X, mode: 0o600 },
    { do: 'changeRecord', ...record, data: X, sliceMs: 200, timeoutMs: 5000 },
    { do: 'write', key: `k${index % 8}`, directory: join(tree, 'a'), guards: [], attribute: 'size', value: Buffer.from('a\n') },
    { do: 'awaitTree', root: tree, plan, uevents: [{ component: 'none' }], until: [expectation], timeoutMs: 1000 },
    { do: 'readChanged', directory: join(tree, 'a'), suffix: 'e', state: new Uint8Array(0) },
    { do: 'readFiles', paths: [join(tree, 'a/size')] },
  ]
}

/** Abandons a call, which may have been answered before. */
async function givenUp(addon: Addon, call: Promise<unknown>): Promise<void> {
  addon.abandon(call)
  await call
}

async function sockets({ addon }: Things): Promise<Record<string, Call>> {
  const open = createServer((socket) => socket.on('error', () => undefined).resume())
  await new Promise<void>((resolve) => open.listen(0, '0.0.0.0', resolve))
  const address = open.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  // The longest possible name: Node.js pads a shorter one with NULs, which makes it another name.
  const name = `brickwork-leaks-${process.pid}-`.padEnd(107, 'x')
  const answer = Buffer.concat([Buffer.from('0500000000000000', 'hex'), Buffer.from('hello')])
  const daemon = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer))
  })
  await new Promise<void>((resolve) => daemon.listen(`\0${name}`, resolve))
  open.unref()
  daemon.unref()
  return {
    // Many addresses: one address has too few ports for so many connections a minute.
    'tcpConnect: connected': (index) => addon.tcpConnect(`127.0.${index % 4}.${(index >> 2) % 200}`, port, 5000, undefined),
    'tcpConnect: refused': () => addon.tcpConnect('127.0.0.1', 1, 5000, undefined),
    'tcpConnect in a namespace': () => addon.tcpConnect('127.0.0.1', 1, 5000, '/proc/self/ns/net'),
    'greet: silence': () => givenUp(addon, addon.greet('127.0.0.1', port, X, 1, 5000, undefined)),
    'greet: refused': () => addon.greet('127.0.0.1', 1, X, 1, 5000, undefined),
    'exchange: eof': () => addon.exchange(name, X, 'eof', 5000, undefined),
    'exchange: framed': () => addon.exchange(name, X, 'framed', 5000, undefined),
    'exchange with nobody': () => addon.exchange('brickwork-nobody', X, 'eof', 5000, undefined),
    'abandon: a portal': () => givenUp(addon, addon.tcpConnect('127.0.0.1', 1, 5000, undefined)),
    'abandon: a question': () => givenUp(addon, addon.exchange(name, X, 'framed', 5000, undefined)),
    'listen, unlisten': async () => {
      addon.unlisten(await addon.listen(3, undefined, () => undefined))
    },
  }
}

function devices({ addon, folder, sg, map }: Things): Record<string, Call> {
  const proc = join(folder, 'proc')
  for (const pid of ['1', '22', '333']) {
    mkdirSync(join(proc, pid, 'fd'), { recursive: true })
    for (const [fd, target] of ['/dev/null', 'socket:[1]', '/none'].entries()) symlinkSync(target, join(proc, pid, 'fd', String(fd)))
  }
  const inquiry = Buffer.from([0x12, 1, 0x83, 0, 0xfc, 0])
  return {
    'abandon: a command': () => givenUp(addon, addon.sgCommand(sg, inquiry, 0xfc, 5000)),
    sgCommand: () => addon.sgCommand(sg, inquiry, 0xfc, 5000),
    openers: () => addon.openers(proc, ['8:16', '1:3']),
    'deviceMapper: status': () => addon.deviceMapper('/dev/mapper/control', 'status', map, ''),
    'deviceMapper: deps': () => addon.deviceMapper('/dev/mapper/control', 'deps', map, ''),
    'deviceMapper: no control node': () => addon.deviceMapper('/dev/null', 'table', map, ''),
  }
}

function helpers({ kernel, folder, device }: Things): Record<string, Call> {
  const directory = join(folder, 'tree/c')
  const write = { directory, guards: [{ attribute: 'size', equals: 'c' }], attribute: 'size', value: 'c\n', waits: 'unbounded' } as const
  return {
    'helper: write': () => kernel.write(write, signal),
    'helper: hold, release': async () => {
      const hold = await kernel.hold(device, signal)
      if (typeof hold === 'object') await hold.release()
    },
    'helper: flush': () => kernel.flush(device, signal),
    'helper: readDirect': () => kernel.readDirect(device, 0, 4096, signal),
    // The kernel rejects the name (drivers/md/dm-ioctl.c, check_name), so no map is created.
    'helper: createMap': () =>
      kernel.createMap({ name: 'no/map', uuid: 'brickwork-no-map', sectors: 8, readOnly: false, parameters: '0' }, signal),
    'helper: setReadOnly': () => kernel.setReadOnly({ device, readOnly: false, diskseq: undefined }, signal),
    'helper: nvmeAdmin': () => kernel.nvmeAdmin({ device: '/dev/null', opcode: 6, nsid: 1, cdw10: 3, length: 4096 }, signal),
    'helper: fabricsOptions': () => kernel.fabricsOptions(signal),
    // The kernel refuses it: there is no such transport. Where there is no driver, nothing is written.
    'helper: connectFabrics': () => kernel.connectFabrics(new Secret('transport=none,nqn=none'), signal),
    'helper: removeMap': () => kernel.removeMap('brickwork-no-such-map', signal),
  }
}
