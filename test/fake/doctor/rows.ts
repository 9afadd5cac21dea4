/** A table of situations: files of the machine, and what a check answers. */
import { expect, test } from 'vitest'
import { doctor, type DoctorAnswer, type DoctorCheck, type DoctorOptions, type ErrorCode } from '../../../lib/index.js'
import { FakeHost, type FakeHostOptions } from '../../../lib/testing/index.js'

export interface Row {
  /** The situation, in a few words. */
  readonly when: string
  readonly host?: FakeHostOptions
  readonly set?: (host: FakeHost) => void | Promise<void>
  readonly options?: Omit<DoctorOptions, 'host'>
  readonly answer: DoctorAnswer
  /** A part of the evidence, as `source: value`. */
  readonly evidence?: string | RegExp
  readonly advice?: RegExp
  readonly code?: ErrorCode
  readonly summary?: RegExp
}

/** Checks that have rows, by the answers that the rows show. */
export const shown = new Map<string, Set<DoctorAnswer>>()

export function rowsOf(id: string, rows: readonly Row[]): void {
  shown.set(id, new Set([...(shown.get(id) ?? []), ...rows.map(({ answer }) => answer)]))
  test.each(rows.map((row) => [row.when, row] as const))(`${id}: %s`, async (_, row) => {
    const host = new FakeHost(row.host)
    await row.set?.(host)
    const check = await answerOf(host, id, row.options)
    expect([check.answer, check.summary]).toEqual([row.answer, expect.stringMatching(row.summary ?? /./)])
    expect(check.code).toBe(row.code)
    if (row.evidence !== undefined)
      expect(check.evidence.map(({ source, value }) => `${source}: ${value}`)).toContainEqual(matching(row.evidence))
    if (row.advice !== undefined) expect(check.advice).toMatch(row.advice)
    if (['warning', 'problem'].includes(row.answer)) expect(check.advice).toMatch(/\w/)
    // What the check has found, the advice names.
    expect(check.advice ?? '').not.toMatch(/\b(?:ADDRESS|NAME|PID|PLACE|PORTAL|SID|TARGET|UNIT)\b/)
    expect(host.problems).toEqual([])
  })
}

export async function answerOf(host: FakeHost, id: string, options: Omit<DoctorOptions, 'host'> = {}): Promise<DoctorCheck> {
  const { checks } = await doctor({ ...options, host })
  const check = checks.find((each) => each.id === id)
  if (check === undefined) throw new TypeError(`No check ${id}`)
  return check
}
const matching = (wanted: string | RegExp): unknown =>
  typeof wanted === 'string' ? expect.stringContaining(wanted) : expect.stringMatching(wanted)

/** A read of this file fails with EACCES. */
export function refuse(
  host: FakeHost,
  matchingPath: string,
  on: 'files.read' | 'files.readFiles' | 'files.list' | 'files.readLink' | 'kernel.readTree' = 'files.read',
): void {
  host.faults.plant({ on, matching: matchingPath, times: 100, does: { fail: 'EACCES' } })
}

export const IQN = 'iqn.2003-01.org.example:t'
const never = () => new AbortController().signal

/** Another program logs in at this portal, and gets every LUN of the target. */
export async function logIn(host: FakeHost, portal: string): Promise<void> {
  for (const words of [['-o', 'new'], ['--login']]) {
    const at = words[0] === '-o' ? `${portal},1` : portal
    await host.commands.run(['iscsiadm', '-m', 'node', '-T', IQN, '-p', at, ...words], { signal: never(), onAbort: 'leave' })
  }
  await host.clock.advance(500)
}
/** A volume `data` with so many disks, one for each portal: `192.0.2.1:3260`, … */
export async function login(host: FakeHost, paths: number): Promise<void> {
  const portals = Array.from({ length: paths }, (_, index) => `192.0.2.${index + 1}:3260`)
  host.storage.volume('data', { content: 'ext4' })
  host.storage.iscsi.target({ iqn: IQN, portals, luns: { 1: 'data' } })
  for (const portal of portals) await logIn(host, portal)
}
