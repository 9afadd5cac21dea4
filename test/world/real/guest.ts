/** The guest itself: modules, iscsid, the recorded calls of iscsiadm, and diagnostics after a failure. */
import { spawn } from 'node:child_process'
import { closeSync, existsSync, openSync } from 'node:fs'
import { copyFile, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { must, run } from './shell.js'

const MODULES = 'iscsi_tcp target_core_mod target_core_file iscsi_target_mod sd_mod sg scsi_dh_alua'.split(' ')
const TOOLS = '/run/lab-tools'
const CALLS = `${TOOLS}/calls`
const ISCSID_LOG = '/run/lab-iscsid.log'
const LOG_LINES = 60
/** An emulated guest on an idle machine runs a program in about a tenth of this time. */
const SLOW_MS = 300

/** If true, systemd starts iscsid on the first connection to its socket, and multipathd is a service. */
export const underSystemd = existsSync('/run/systemd/system')

/** The scenarios remove sessions and targets without checking who created them. */
export function requireGuest(): void {
  if (!existsSync('/run/lab/settings') || !existsSync('/brickwork/scripts/lab/init.sh'))
    throw new Error("This is not the lab's guest: run `npm run lab -- SCENARIO`, or give --fake")
}

/** `notesCalls: false`: doesn't slow down iscsiadm by recording its calls. */
export async function startGuest({ notesCalls = true }: { readonly notesCalls?: boolean } = {}): Promise<void> {
  await must(['modprobe', '-a', ...MODULES])
  if (notesCalls) await noteCalls('/usr/sbin/iscsiadm')
  if (!underSystemd) await startIscsid()
  const ms = await processStartMs()
  if (ms > SLOW_MS) console.log(`!!! This guest is slow (a process takes ${ms} ms): what depends on time may fail for that alone`)
}

/** Measures how busy the machine is. */
async function processStartMs(): Promise<number> {
  const times: number[] = []
  for (let time = 0; time < 5; time++) times.push((await run(['true'])).ms)
  return Math.round(times.sort((a, b) => a - b)[2] ?? 0)
}

/**
 * Replaces the program by a script that records its arguments. Only the guest's own layer in memory changes, so the next guest has the real
 * program.
 */
async function noteCalls(program: string): Promise<void> {
  const real = `${TOOLS}/${program.slice(program.lastIndexOf('/') + 1)}`
  if (existsSync(real)) return
  await mkdir(TOOLS, { recursive: true })
  await copyFile(program, real)
  await writeFile(CALLS, '')
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "\${0##*/} $*" >> ${CALLS}\nexec ${real} "$@"\n`)
}
/** Arguments of all calls of iscsiadm, and of all processes that now run. */
export async function commandLines(): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const running = await Promise.all(processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  const calls = (await readFile(CALLS, 'utf8')).split('\n')
  return [...calls, ...running.map((line) => line.replaceAll('\0', ' ').trim())].filter((line) => line !== '')
}

/** Runs it in the foreground, in its own process group. It ends with the guest. */
export async function startIscsid(): Promise<void> {
  const log = openSync(ISCSID_LOG, 'a')
  spawn('iscsid', ['-f'], { stdio: ['ignore', log, log], detached: true }).unref()
  closeSync(log)
  await until(iscsidListens, 'iscsid listens')
}
async function iscsidListens(): Promise<boolean> {
  return (await readFile('/proc/net/unix', 'latin1')).includes('@ISCSIADM_ABSTRACT_NAMESPACE')
}

export async function until(condition: () => Promise<boolean>, what: string, timeoutMs = 20_000): Promise<void> {
  const end = performance.now() + timeoutMs
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/** Diagnostics for people. */
export async function diagnosis(): Promise<string> {
  const tail = (text: string) => text.trimEnd().split('\n').slice(-LOG_LINES).join('\n')
  const log = await readFile(ISCSID_LOG, 'utf8').catch(() => '')
  const sessions = await run(['iscsiadm', '-m', 'session', '-P', '1'])
  return [
    `--- a process takes ${await processStartMs()} ms`,
    `--- dmesg\n${tail((await run(['dmesg'])).stdout)}`,
    `--- iscsid\n${tail(log)}`,
    `--- sessions\n${(sessions.stdout || sessions.stderr).trimEnd()}`,
    `--- processes in uninterruptible sleep\n${await stuck()}`,
  ].join('\n')
}
async function stuck(): Promise<string> {
  const found: string[] = []
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    for (const task of await readdir(`/proc/${pid}/task`).catch(() => [])) {
      const place = `/proc/${pid}/task/${task}`
      const status = await readFile(`${place}/status`, 'utf8').catch(() => '')
      if (!/^State:\s*D/m.test(status)) continue
      const name = /^Name:\s*(.*)$/m.exec(status)?.[1] ?? ''
      found.push(`${pid}/${task} ${name}\n${(await readFile(`${place}/stack`, 'utf8').catch(() => '')).trimEnd()}`)
    }
  }
  return found.join('\n') || 'none'
}
