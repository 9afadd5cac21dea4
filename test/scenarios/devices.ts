/** The native part against devices that fail, delay, hang or disappear: only a real kernel has them. */
import { execFileSync, spawnSync } from 'node:child_process'
import { setMaxListeners } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createHost, isBrickworkError } from '../../lib/index.js'
import { readBlockDevice } from '../../lib/linux/block/device.js'
import { parseMapStatus } from '../../lib/linux/multipath/status.js'
import { readCapacity } from '../../lib/linux/scsi/capacity.js'
import { senseKey } from '../../lib/linux/scsi/command.js'
import { inquirePage } from '../../lib/linux/scsi/inquiry.js'
import { reportLuns } from '../../lib/linux/scsi/report-luns.js'
import { isUnitReady } from '../../lib/linux/scsi/unit-ready.js'
import { parseDesignators, wwidOf } from '../../lib/linux/scsi/vpd.js'
import { equal, truthy } from '../world/expect.js'
import { until } from '../world/real/guest.js'
import { debugDisks } from '../world/real/scsi-debug.js'
import { must } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'

const LEAKS = fileURLToPath(new URL('../leaks/main.js', import.meta.url))
const dmsetup = (...words: string[]) => execFileSync('dmsetup', words, { encoding: 'utf8' })
/** A bit of scsi_debug's `opts`. */
const MEDIUM_ERROR = '2'
const IGNORE_COMMANDS = '4'
const SHORT_TRANSFER = '256'
/** Sectors from here on are unreadable while MEDIUM_ERROR is set. */
const BAD_SECTOR = 0x1234
const SECTOR_BYTES = 512
const UNIT_ATTENTION = 6
const read10 = (sector: number, sectors: number) => {
  const cdb = Buffer.from([0x28, 0, 0, 0, 0, 0, 0, 0, 0, 0])
  cdb.writeUInt32BE(sector, 2)
  cdb.writeUInt16BE(sectors, 7)
  return cdb
}
const forever = () => {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  return signal
}
/** `value`, or the code of a BrickworkError. Throws any other error. */
async function settled(call: Promise<unknown>): Promise<string> {
  try {
    await call
    return 'value'
  } catch (error) {
    if (isBrickworkError(error)) return error.code
    throw error
  }
}
async function timed<T>(call: Promise<T>): Promise<[T, number]> {
  const from = performance.now()
  return [await call, performance.now() - from]
}

export const manyLuns: Scenario = {
  name: 'many-luns',
  title: '64 disks of one target, asked all at once: LUNs, size, identity and readiness are what sysfs says',
  only: 'real',
  long: true,
  timeoutMs: 240_000,
  run: async (_world, story) => {
    await using debug = await debugDisks(64)
    const host = createHost()
    const signal = forever()
    const found = await debug.disks()
    const luns = await Promise.all(found.map(({ sg }) => reportLuns(host, sg, signal)))
    const expected = Array.from({ length: 64 }, (_, lun) => String(lun))
    for (const each of luns)
      equal(
        each?.map(String).sort((a, b) => Number(a) - Number(b)),
        expected,
        'LUNs by the device',
      )
    const wwids = await Promise.all(
      found.map(async ({ name, sg }) => {
        const device = await readBlockDevice(host, name, signal)
        const [capacity, page] = await Promise.all([readCapacity(host, sg, signal), inquirePage(host, sg, 0x83, signal)])
        equal(Number(capacity?.blocks ?? 0n) * (capacity?.blockBytes ?? 0), device?.sizeBytes, `size of ${name}`)
        equal(await isUnitReady(host, sg, signal), true, `readiness of ${name}`)
        const wwid = wwidOf(parseDesignators(page ?? new Uint8Array()))
        equal(wwid, wwidOf(parseDesignators(device?.vpd83 ?? new Uint8Array())), `identity of ${name}`)
        return wwid
      }),
    )
    equal(new Set(wwids).size, 64, 'identities')
    story.note('disks', 64)
  },
}

export const badDisks: Scenario = {
  name: 'bad-disks',
  title: 'unit attentions, media errors, short and slow answers and none at all: each is what it is, in time',
  only: 'real',
  long: true,
  run: async (world) => {
    await using debug = await debugDisks(2)
    const [disk, other] = await debug.disks()
    if (disk === undefined || other === undefined) throw new Error('scsi_debug made no disks')
    const { kernel } = createHost()
    const host = createHost()
    const signal = forever()
    const ready = (timeoutMs: number, device = disk.sg) => kernel.scsi({ device, cdb: new Uint8Array(6), length: 0, timeoutMs }, signal)
    const read = (sector: number) => kernel.scsi({ device: disk.sg, cdb: read10(sector, 8), length: 4096, timeoutMs: 5000 }, signal)

    // The size changes. Each disk reports this once, to the next command.
    await debug.tell('virtual_gb', '1')
    equal(senseKey(await ready(5000)), UNIT_ATTENTION, 'the first answer after a change')
    equal((await ready(5000)).status, 0, 'the second')
    const capacity = await readCapacity(host, other.sg, signal)
    truthy(
      Number(capacity?.blocks ?? 0n) * SECTOR_BYTES >= 2 ** 30,
      `the other's new size, past its unit attention: ${capacity?.blocks ?? 0n}`,
    )
    await debug.tell('virtual_gb', '0')
    for (const each of [disk, other]) await isUnitReady(host, each.sg, signal)
    // udev reads the changed disks. With a delay these reads would take minutes, and the driver accepts no parameters while a command is in
    // progress.
    await must(['udevadm', 'settle', '--timeout=60'])

    await debug.tell('opts', MEDIUM_ERROR)
    const failed = await read(BAD_SECTOR)
    equal([failed.status, senseKey(failed)], [2, 3], 'reading a bad sector')
    equal([(await read(0)).status, (await read(0)).data.length], [0, 4096], 'reading another one')
    const direct = kernel.readDirect(`/dev/${disk.name}`, (BAD_SECTOR - (BAD_SECTOR % 8)) * SECTOR_BYTES, 4096, signal)
    equal(await settled(direct), 'ERR_KERNEL', 'a direct read of a bad sector')
    await debug.tell('opts', SHORT_TRANSFER)
    await debug.tell('every_nth', '1')
    truthy((await read(0)).data.length < 4096, 'a short answer is as long as it is')
    await debug.tell('every_nth', '0')
    await debug.tell('opts', '0')

    // 250 jiffies are one second: longer than some timeouts here, shorter than others.
    await debug.tell('delay', '250')
    const [slow, slowMs] = await timed(ready(5000))
    equal([slow.status, slow.hostStatus], [0, 0], 'a slow answer')
    truthy(slowMs > 900, `it took its second: ${slowMs} ms`)
    await debug.tell('delay', '1')

    await debug.tell('opts', IGNORE_COMMANDS)
    await debug.tell('every_nth', '-1')
    world.lateness()
    const [mute, muteMs] = await timed(Promise.all(Array.from({ length: 8 }, () => settled(ready(500)))))
    truthy(muteMs < 1500 + world.lateness(), `no answer: given up after ${muteMs} ms (${mute.join(' ')})`)
    await debug.tell('every_nth', '0')
    await debug.tell('opts', '0')
    // The kernel's error handling has ended, with either result.
    const answers = async () =>
      await ready(2000, other.sg).then(
        ({ status, hostStatus }) => status === 0 && hostStatus === 0,
        () => false,
      )
    await until(answers, 'the other disk answers again', 60_000)
  },
}

export const noPaths: Scenario = {
  name: 'no-paths-queueing',
  title: 'a map without paths that queues: questions are answered at once, reads wait and can be left, and end when queueing does',
  only: 'real',
  long: true,
  run: async (world) => {
    execFileSync('modprobe', ['-a', 'dm-multipath', 'dm-round-robin'])
    await using debug = await debugDisks(1)
    const [disk] = await debug.disks()
    if (disk === undefined) throw new Error('scsi_debug made no disk')
    const host = createHost()
    const { kernel } = host
    const signal = forever()
    const { device = '', sizeBytes = 0 } = (await readBlockDevice(host, disk.name, signal)) ?? {}
    const uuid = 'mpath-brickwork-lab'
    const table = `0 ${sizeBytes / SECTOR_BYTES} multipath 1 queue_if_no_path 0 1 1 round-robin 0 1 1 ${device} 1`
    dmsetup('create', 'nopaths', '--uuid', uuid, '--table', table)
    try {
      execFileSync('udevadm', ['settle', '--timeout=30'])
      const node = `/dev/dm-${dmsetup('info', '-c', '--noheadings', '-o', 'minor', 'nopaths').trim()}`
      equal((await kernel.readDirect(node, 0, 4096, signal)).length, 4096, 'bytes read while there is a path')
      await kernel.deviceMapper({ uuid, command: { message: `fail_path ${device}` } }, signal)
      world.lateness()
      const left = await timed(kernel.readDirect(node, 0, 4096, AbortSignal.timeout(500)).then(() => 'read', String))
      truthy(left[1] < 1500 + world.lateness() && left[0] !== 'read', `a read is left after ${left[1]} ms: ${left[0]}`)
      const stuck = [0, 4096, 8192].map((offset) => settled(kernel.readDirect(node, offset, 4096, signal)))

      const ask = (command: 'status' | 'table' | 'deps') => kernel.deviceMapper({ uuid, command }, signal)
      const [answers, askedMs] = await timed(Promise.all([ask('status'), ask('table'), ask('deps'), ask('status')]))
      truthy(askedMs < 1000 + world.lateness(), `questions are answered after ${askedMs} ms`)
      equal(
        parseMapStatus(answers[0]?.targets[0]?.parameters ?? '')?.paths.map(({ active }) => active),
        [false],
        'paths that are active',
      )
      equal(answers[2]?.dependencies, [device], 'devices')
      equal((await readBlockDevice(host, node.slice('/dev/'.length), signal))?.dm?.uuid, uuid, 'the map in sysfs')
      equal(await kernel.removeMap(uuid, AbortSignal.timeout(20_000)), 'busy', 'removal of what is being read')

      await kernel.deviceMapper({ uuid, command: { message: 'fail_if_no_path' } }, signal)
      equal(await Promise.all(stuck), ['ERR_KERNEL', 'ERR_KERNEL', 'ERR_KERNEL'], 'reads when queueing ends')
      await until(async () => (await kernel.removeMap(uuid, signal)) !== 'busy', 'the map can be removed')
      equal(await ask('status'), undefined, 'the status of a map that is gone')
    } finally {
      spawnSync('dmsetup', ['message', 'nopaths', '0', 'fail_if_no_path'])
      spawnSync('dmsetup', ['remove', '--retry', 'nopaths'])
    }
  },
}

export const deletedUnderWay: Scenario = {
  name: 'deleted-under-way',
  title: 'a disk is deleted while every kind of call is under way on it: each settles, and afterwards it is gone',
  only: 'real',
  long: true,
  timeoutMs: 240_000,
  run: async (_world, story) => {
    await using debug = await debugDisks(1)
    const host = createHost()
    const { kernel } = host
    const signal = forever()
    const outcomes: Record<string, number> = {}
    for (let round = 0; round < 8; round++) {
      const [disk] = await debug.disks()
      if (disk === undefined) throw new Error('the disk is not back')
      const device = await readBlockDevice(host, disk.name, signal)
      execFileSync('udevadm', ['settle', '--timeout=30'])
      await debug.tell('delay', String(round * 10))
      const plan = { root: disk.directory, node: { attributes: ['state', 'wwid', 'vpd_pg83', 'inquiry'], children: [] } }
      const write = (attribute: string) =>
        kernel.write({ directory: disk.directory, guards: [], attribute, value: '1', waits: 'unbounded' }, signal)
      const calls: Record<string, () => Promise<unknown>> = {
        scsi: () => kernel.scsi({ device: disk.sg, cdb: new Uint8Array(6), length: 0, timeoutMs: 5000 }, signal),
        capacity: () => readCapacity(host, disk.sg, signal),
        readTree: () => kernel.readTree(plan, signal),
        readBlockDevice: () => readBlockDevice(host, disk.name, signal),
        readDirect: () => kernel.readDirect(`/dev/${disk.name}`, 0, 4096, signal),
        flush: () => kernel.flush(`/dev/${disk.name}`, signal),
        delete: () => write('delete'),
        rescan: () => write('rescan'),
        openers: () => kernel.openers([device?.device ?? ''], signal),
      }
      const all = Object.entries(calls).flatMap(([name, call]) =>
        Array.from({ length: name === 'delete' ? 1 : 6 }, () => [name, call] as const),
      )
      await Promise.all(
        all.map(async ([name, call]) => {
          const outcome = `${name}: ${await settled(call())}`
          outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
        }),
      )
      equal(await readBlockDevice(host, disk.name, signal), undefined, 'the disk after its deletion')
      equal(await write('delete'), { outcome: 'gone' }, 'a second deletion')
      equal(await readCapacity(host, disk.sg, signal), undefined, 'its size')
      await debug.tell('delay', '1')
      await debug.scan()
      await until(async () => (await debug.disks()).length === 1, 'the disk is back')
    }
    console.log(
      `     ${Object.entries(outcomes)
        .map(([name, count]) => `${name} × ${count}`)
        .join(', ')}`,
    )
    story.note('rounds', 8)
  },
}

export const nativeLeaks: Scenario = {
  name: 'native-leaks',
  title: '5,000 calls of each native function, on devices that answer: memory, descriptors and threads stay as they are',
  only: 'real',
  long: true,
  timeoutMs: 600_000,
  run: async () => {
    execFileSync('modprobe', ['dm-zero'])
    await using debug = await debugDisks(1, 'ndelay=1')
    const [disk] = await debug.disks()
    if (disk === undefined) throw new Error('scsi_debug made no disk')
    dmsetup('create', 'leaks', '--uuid', 'brickwork-leaks', '--table', '0 2048 zero')
    try {
      const flags = ['--expose-gc', '--max-semi-space-size=1', LEAKS, '5000']
      const on = ['--sg', disk.sg, '--device', `/dev/${disk.name}`, '--map', 'brickwork-leaks']
      const { status, stdout } = spawnSync(process.execPath, [...flags, ...on], {
        encoding: 'utf8',
        env: { ...process.env, UV_TCP_SINGLE_ACCEPT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      console.log(stdout.trimEnd().replace(/^/gm, '     '))
      equal(status, 0, 'the exit code')
      truthy(/^ok {4}sgCommand .* all succeeded/m.test(stdout), 'the device answered')
    } finally {
      dmsetup('remove', '--retry', 'leaks')
    }
  },
}
