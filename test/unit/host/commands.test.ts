import { existsSync } from 'node:fs'
import { chmod, open, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

import { createCommands } from '../../../lib/host/commands.js'
import { enterFailure } from '../../../lib/host/namespaces.js'
import { eventually, forever, temporaryDirectory } from './temporary-directory.js'

const commands = createCommands()
const run = (argv: readonly [string, ...string[]], more: { signal?: AbortSignal; input?: string; onAbort?: 'kill' | 'leave' } = {}) =>
  commands.run(argv, { signal: forever, onAbort: 'kill', ...more })

describe('a program', () => {
  test('answers with its exit code and both outputs', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2; exit 21'])).toEqual({ exitCode: 21, stdout: 'out\n', stderr: 'err\n' })
  })
  test('gets its arguments as they are: there is no shell', async () => {
    expect((await run(['printf', '%s', '$HOME; *'])).stdout).toBe('$HOME; *')
  })
  test('sees a small environment in the C locale', async () => {
    process.env['BRICKWORK_TEST_SECRET'] = 'x'
    const lines = (await run(['env'])).stdout.trim().split('\n').sort()
    delete process.env['BRICKWORK_TEST_SECRET']
    expect(lines).toEqual(['LC_ALL=C', expect.stringMatching(/^PATH=.*\/usr\/sbin.*\/sbin/)])
  })
  test('inherits no descriptor of ours', async () => {
    const file = join(await temporaryDirectory(), 'ours')
    await using handle = await open(file, 'w')
    expect(handle.fd).toBeGreaterThan(2)
    const { stdout } = await run(['sh', '-c', 'for fd in /proc/self/fd/*; do echo ${fd##*/} $(readlink $fd); done'])
    expect(stdout).toMatch(/^0 /)
    expect(stdout).not.toContain(file)
    // Descriptors that this process inherited without O_CLOEXEC are not the library's.
    const inherited = new Set(await descriptorsWithoutCloseOnExec())
    const more = stdout
      .trim()
      .split('\n')
      .map((line) => line.split(' '))
      .filter(([fd = '', target]) => target !== undefined && !inherited.has(fd))
    expect(more.filter(([fd]) => Number(fd) > 3)).toEqual([])
  })
  test('that a signal ended answers 128 + signal', async () => {
    expect((await run(['sh', '-c', 'kill -9 $$'])).exitCode).toBe(137)
  })
  test('reads its input; one that does not read it is no failure', async () => {
    expect((await run(['cat'], { input: 'some text' })).stdout).toBe('some text')
    expect((await run(['true'], { input: 'x'.repeat(1_000_000) })).exitCode).toBe(0)
    expect((await run(['cat'])).stdout, 'nothing to read').toBe('')
  })
  test('that prints too much is cut, and ends all the same', async () => {
    const { stdout, exitCode } = await run(['sh', '-c', 'head -c 3000000 /dev/zero | tr "\\0" x'])
    expect(exitCode).toBe(0)
    expect(stdout.slice(0, 1024 * 1024)).toBe('x'.repeat(1024 * 1024))
    expect(stdout.slice(1024 * 1024)).toBe('\n[truncated: 1048576 of 3000000 bytes]')
  })
  test('whose daemon keeps the outputs open is not waited for', async () => {
    const begin = performance.now()
    expect(await run(['sh', '-c', 'sleep 3 & echo started'])).toMatchObject({ exitCode: 0, stdout: 'started\n' })
    expect(performance.now() - begin).toBeLessThan(2000)
  })
  test('that is missing is named with its package', async () => {
    await expect(run(['brickwork-no-such-program'])).rejects.toMatchObject({
      code: 'ERR_TOOL_MISSING',
      details: { program: 'brickwork-no-such-program' },
    })
    const nowhere = createCommands({ mount: '/none', net: '/none' })
    await expect(nowhere.run(['true'], { signal: forever, onAbort: 'kill' })).rejects.toMatchObject({ code: 'ERR_PERMISSION' })
  })
  test('that may not be started is a matter of permission', async () => {
    const program = join(await temporaryDirectory(), 'program')
    await writeFile(program, '#!/bin/sh\n')
    await chmod(program, 0o600)
    await expect(run([program])).rejects.toMatchObject({ code: 'ERR_PERMISSION', details: { errno: 'EACCES' } })
  })
  test('with an argument that cannot be passed on keeps it out of the message', async () => {
    await expect(run(['true', 'hush\0hush'])).rejects.toSatisfy(
      (error: Error) =>
        (error as { code?: string }).code === 'ERR_INVALID_ARGUMENT' && !`${error.stack ?? ''}${error.message}`.includes('hush'),
    )
  })
})

describe('an abort', () => {
  test('before the start starts nothing', async () => {
    const directory = await temporaryDirectory()
    const reason = new Error('no')
    await expect(run(['touch', join(directory, 'x')], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    expect(existsSync(join(directory, 'x'))).toBe(false)
  })
  test('is answered at once by a child that ignores TERM, which is killed two seconds later', async () => {
    const pidFile = join(await temporaryDirectory(), 'pid')
    const controller = new AbortController()
    const running = run(
      ['sh', '-c', `trap "" TERM; sleep 60 & echo $$ $! > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; while :; do sleep 0.1; done`],
      {
        signal: controller.signal,
      },
    )
    await eventually(() => existsSync(pidFile))
    const begin = performance.now()
    controller.abort('a reason that is no Error')
    await expect(running).rejects.toBe('a reason that is no Error')
    expect(performance.now() - begin).toBeLessThan(100)
    const pids = await pidsIn(pidFile)
    expect(pids.some(isAlive)).toBe(true)
    await eventually(() => !pids.some(isAlive))
    expect(performance.now() - begin).toBeGreaterThan(1900)
  })
  test('with "leave" lets the child go on and its output be read', async () => {
    const directory = await temporaryDirectory()
    const controller = new AbortController()
    const script = `touch ${directory}/started; while [ ! -e ${directory}/go ]; do sleep 0.02; done; head -c 500000 /dev/zero; touch ${directory}/done`
    const running = run(['sh', '-c', script], { signal: controller.signal, onAbort: 'leave' })
    await eventually(() => existsSync(join(directory, 'started')))
    controller.abort(new Error('late'))
    await expect(running).rejects.toThrow('late')
    await writeFile(join(directory, 'go'), '')
    await eventually(() => existsSync(join(directory, 'done')))
  })
})

test('in namespaces, failures of nsenter are told from those of the program', () => {
  const of = (exitCode: number, stderr: string) => enterFailure({ exitCode, stdout: '', stderr })
  expect(of(127, 'nsenter: failed to execute iscsiadm: No such file or directory\n')).toBe('no-program')
  expect(of(127, "nsenter: can't execute 'iscsiadm': No such file or directory\n")).toBe('no-program')
  expect(of(1, 'nsenter: cannot open /host/proc/1/ns/mnt: No such file or directory\n')).toBe('no-namespace')
  expect(of(1, "nsenter: reassociate to namespace 'ns/mnt' failed: Operation not permitted\n")).toBe('no-namespace')
  expect(of(21, 'iscsiadm: No active sessions.\n')).toBeUndefined()
  expect(of(127, 'sh: not found\n')).toBeUndefined()
  expect(of(0, 'nsenter: ns/x\n')).toBeUndefined()
})

async function pidsIn(file: string): Promise<number[]> {
  return (await readFile(file, 'utf8')).trim().split(' ').map(Number)
}
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
async function descriptorsWithoutCloseOnExec(): Promise<string[]> {
  const flags = async (fd: string) => /flags:\s+(\d+)/.exec(await readFile(`/proc/self/fdinfo/${fd}`, 'utf8').catch(() => ''))?.[1]
  const all = await Promise.all((await readdir('/proc/self/fd')).map(async (fd) => ({ fd, flags: await flags(fd) })))
  return all.filter((one) => one.flags !== undefined && (parseInt(one.flags, 8) & 0o2000000) === 0).map(({ fd }) => fd)
}
