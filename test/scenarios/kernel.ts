/** Tests that need a real kernel. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { open } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import type { DeviceMapperRequest, DeviceMapperStatus } from '../../lib/core/host.js'
import { createHost } from '../../lib/index.js'
import { readBlockDevice } from '../../lib/linux/block/device.js'
import { readCapacity } from '../../lib/linux/scsi/capacity.js'
import { inquirePage } from '../../lib/linux/scsi/inquiry.js'
import { reportLuns } from '../../lib/linux/scsi/report-luns.js'
import { isUnitReady } from '../../lib/linux/scsi/unit-ready.js'
import { parseDesignators, wwidOf } from '../../lib/linux/scsi/vpd.js'
import { attachOk, detachOk, equal, expectClean, IQN, request, serveOne, truthy } from '../world/expect.js'
import { PORTALS, serveFour } from '../world/four.js'
import type { Scenario } from '../play/scenario.js'

const AGENT = fileURLToPath(new URL('../world/real/stuck-agent.js', import.meta.url))
const LOCKS = '/run/stuck-agent'
const dmsetup = (...words: string[]) => execFileSync('dmsetup', words, { encoding: 'utf8' })

interface Report {
  readonly calls: number
  readonly before: { readonly threads: number; readonly processes: number; readonly medianMs: number }
  readonly during: { readonly threads: number; readonly processes: number; readonly medianMs: number }
  readonly back: number
}

function makeDevice(name: string): string {
  dmsetup('create', name, '--table', '0 2048 zero')
  return `/dev/dm-${dmsetup('info', '-c', '--noheadings', '-o', 'minor', name).trim()}`
}
async function startAgent(stuck: string, answering: string) {
  const agent = spawn(process.execPath, [AGENT, stuck, answering, LOCKS], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: agent.stdout })[Symbol.asyncIterator]()
  const report = JSON.parse(String((await lines.next()).value)) as Report
  return { agent, report, nextLine: async () => JSON.parse(String((await lines.next()).value)) as { back: number } }
}
/** True if no process listens on the agent's abstract socket. */
async function socketIsFree(): Promise<boolean> {
  const socket = createConnection('\0brickwork-stuck-agent')
  const free = await Promise.race([once(socket, 'error').then(() => true), once(socket, 'connect').then(() => false)])
  socket.destroy()
  return free
}

export const stuckDevice: Scenario = {
  name: 'stuck-device',
  title: '64 calls stuck on one device: others keep their time, all come back; the agent can be killed at once',
  only: 'real',
  run: async (world, story) => {
    execFileSync('modprobe', ['dm-zero'])
    const [stuck, answering] = [makeDevice('stuck'), makeDevice('answering')]
    try {
      dmsetup('suspend', '--noflush', 'stuck')
      const first = await startAgent(stuck, answering)
      const { before, during, calls, back } = first.report
      equal([calls, back], [64, 0], 'calls and answers while the device is suspended')
      truthy(
        during.medianMs < before.medianMs * 5 + 100,
        `calls on another device keep their time: ${before.medianMs} → ${during.medianMs} ms`,
      )
      truthy(during.processes <= 16, `helper processes: ${during.processes}`)
      truthy(during.threads <= before.threads + 4, `threads: ${before.threads} → ${during.threads}`)
      dmsetup('resume', 'stuck')
      first.agent.stdin.write('end\n')
      equal(await first.nextLine(), { back: 64 }, 'answers after the resume')
      await once(first.agent, 'exit')

      dmsetup('suspend', '--noflush', 'stuck')
      const second = await startAgent(stuck, answering)
      const exited = once(second.agent, 'exit')
      world.lateness()
      const killedAt = performance.now()
      second.agent.kill('SIGKILL')
      await exited
      const host = createHost()
      const patience = AbortSignal.timeout(10_000)
      const lock = await host.locks.take(LOCKS, 'stuck-agent', patience)
      const free = await socketIsFree()
      const tookMs = performance.now() - killedAt
      await lock.release()
      truthy(free && tookMs < 1000 + world.lateness(), `the parent's wait returned and lock and socket were free after ${tookMs} ms`)
      story.note('killed', 'free within a second')
    } finally {
      dmsetup('resume', 'stuck')
      for (const name of ['stuck', 'answering']) dmsetup('remove', '--retry', name)
    }
  },
}

export const questions: Scenario = {
  name: 'scsi-questions',
  title: 'size, LUNs, readiness and pages by the device itself are what sysfs and the target say',
  only: 'real',
  run: async (world, story) => {
    await serveOne(world)
    await world.volume('more')
    await world.mapLun(IQN, 300, 'more')
    await using attacher = await world.attacher()
    const { sizeBytes, wwid } = await attachOk(story, attacher, request('one'))
    const host = createHost()
    const { signal } = new AbortController()
    const [disk = ''] = await world.disks()
    const device = await readBlockDevice(host, disk, signal)
    const sg = device?.sg ?? ''
    const capacity = await readCapacity(host, sg, signal)
    equal(Number(capacity?.blocks ?? 0n) * (capacity?.blockBytes ?? 0), sizeBytes, 'size')
    equal((await reportLuns(host, sg, signal))?.map(String), ['1', '300'], 'LUNs')
    equal(await isUnitReady(host, sg, signal), true, 'readiness')
    equal(wwidOf(parseDesignators((await inquirePage(host, sg, 0x83, signal)) ?? new Uint8Array())), wwid, 'identity')
    const missing = await attacher
      .attach(request('two', { lun: 7, policy: { multipath: 'never', lun: { waitMs: 0 } } }))
      .then(() => 'attached', String)
    truthy(missing.includes('it shows 1, 300'), `the error says what there is instead: ${missing}`)
    await detachOk(story, attacher, 'one')
    await expectClean(world, 'after the detach')
  },
}

export const deviceMapper: Scenario = {
  name: 'device-mapper',
  title: 'what device-mapper says of a map by ioctl is what dmsetup says, field by field',
  only: 'real',
  run: async (world, story) => {
    await serveFour(world)
    await using attacher = await world.attacher()
    const policy = { multipath: 'require', paths: { min: 2 } } as const
    const { multipath } = await attachOk(story, attacher, request('one', { portals: PORTALS.slice(0, 2), policy }))
    const { name = '', uuid = '' } = multipath ?? {}
    const { kernel } = createHost()
    const { signal } = new AbortController()
    const ask = (command: DeviceMapperRequest['command']) => kernel.deviceMapper({ uuid, command }, signal)
    equal((await compare(ask, name, 'as it is')).length, 2, 'devices')
    const heard = await ask({ message: 'queue_if_no_path' })
    equal([heard?.name, heard?.targets, heard?.dependencies], [name, [], []], 'answer to a message')
    truthy(linesOf(await ask('table')).includes(' 1 queue_if_no_path '), 'the message was heard')
    const descriptor = await open(`/dev/mapper/${name}`)
    dmsetup('suspend', '--noflush', name)
    try {
      equal((await ask('deps'))?.suspended, true, 'suspended')
      await compare(ask, name, 'open and suspended')
    } finally {
      dmsetup('resume', name)
      await descriptor.close()
    }
    await ask({ message: 'fail_if_no_path' })
    await compare(ask, name, 'in the end')
    await detachOk(story, attacher, 'one')
    equal(await ask('deps'), undefined, 'devices of a map that is gone')
    await expectClean(world, 'after the detach')
  },
}
type Ask = (command: 'status' | 'table' | 'deps') => Promise<DeviceMapperStatus | undefined>
/** Returns the devices, in the table's order. */
async function compare(ask: Ask, name: string, when: string): Promise<string[]> {
  execFileSync('udevadm', ['settle', '--timeout=20'])
  let before: ReturnType<typeof look>
  let answers: readonly (DeviceMapperStatus | undefined)[]
  // Other programs may open and close the device at any time: repeats the comparison if something changed in between.
  do {
    before = look(name)
    answers = [await ask('status'), await ask('table'), await ask('deps')]
  } while (!isDeepStrictEqual(look(name), before))
  const [status, table, deps] = answers
  for (const answer of answers) equal(headOf(answer), before.head, `the device ${when}`)
  equal([linesOf(status), linesOf(table), deps?.dependencies], [before.status, before.table, before.deps], `status, table and deps ${when}`)
  equal([status?.dependencies, table?.dependencies, deps?.targets], [[], [], []], `what was not asked for ${when}`)
  // The kernel lists them in reverse, and so does FakeHost.
  const used = before.deps.reverse()
  equal(used, before.table.match(/\b\d+:\d+\b/g), `devices and those of the table ${when}`)
  return used
}
/** The output of dmsetup. */
function look(name: string) {
  return {
    head: dmsetup('info', '-c', '--noheadings', '--separator', ' ', '-o', 'name,uuid,major,minor,open,suspended,readonly', name).trim(),
    status: dmsetup('status', '--noflush', name).trim(),
    table: dmsetup('table', name).trim(),
    // `2 dependencies\t: (8, 16) (8, 0)`
    deps: [...dmsetup('deps', name).matchAll(/\((\d+), (\d+)\)/g)].map(([, major, minor]) => `${major}:${minor}`),
  }
}
/** In the form of `dmsetup info -c`. */
function headOf(answer: DeviceMapperStatus | undefined): string {
  if (answer === undefined) return 'none'
  const { name, uuid, device, openCount } = answer
  const [suspended, readOnly] = [answer.suspended ? 'Suspended' : 'Active', answer.readOnly ? 'Read-only' : 'Writeable']
  return [name, uuid, device.replace(':', ' '), openCount, suspended, readOnly].join(' ')
}
/** In the form of `dmsetup status` and `dmsetup table`. */
function linesOf(answer: DeviceMapperStatus | undefined): string {
  return (answer?.targets ?? [])
    .map(({ start, length, type, parameters }) => `${start} ${length} ${type} ${parameters}`)
    .join('\n')
    .trim()
}
