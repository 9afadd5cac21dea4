import { describe, expect, test } from 'vitest'
import { compare } from '../../differential/compare.js'
import type { Observation } from '../../differential/player.js'

const none = { sessions: [], records: [], disks: [], maps: [], discoveries: [] }
const attach: Observation = { what: 'attach', value: { type: 'block', path: '/dev/sd*', scsi_wwn: '3600' } }
const before: Observation = { what: 'host before', value: { ...none, records: ['theirs'] } }
const host = (added: object, over = true): Observation => ({
  what: 'host after detach',
  value: { ...none, records: ['theirs'], ...added },
  over,
})

describe('os-brick and Brickwork compared', () => {
  test('what is equal needs no words', () => {
    expect(compare([before, attach, host({})], [before, attach, host({})], {})).toEqual({ differences: [], problems: [] })
  })
  test('a difference that is not declared is a problem', () => {
    const { differences, problems } = compare([attach], [{ what: 'attach', value: 'fails', said: 'ERR_HELD' }], {})
    expect(differences).toHaveLength(1)
    expect(problems).toEqual(['attach: os-brick type: block; path: /dev/sd*; scsi_wwn: 3600, Brickwork fails (ERR_HELD)'])
  })
  test('a declared difference is told with its reason, and only what differs of it', () => {
    const ours = { what: 'attach', value: { type: 'block', path: '/dev/sd*', scsi_wwn: '3611' } }
    const { differences, problems } = compare([attach], [ours], { attach: 'because' })
    expect(problems).toEqual([])
    expect(differences).toEqual([{ what: 'attach', osBrick: 'scsi_wwn: 3600', brickwork: 'scsi_wwn: 3611', reason: 'because' }])
  })
  test('the name of a failure is told and makes no difference', () => {
    const failed = (said: string): Observation => ({ what: 'attach', value: 'fails', said })
    expect(compare([failed('VolumeDeviceNotFound')], [failed('ERR_LUN_NOT_FOUND')], {}).differences).toEqual([])
  })
  test('a declared difference that does not occur is a problem', () => {
    expect(compare([attach], [attach], { attach: 'because' }).problems).toEqual(['attach: declared to differ, and does not'])
    expect(compare([attach], [attach], { detach: 'because' }).problems).toEqual(['detach: declared to differ, and never observed'])
  })
  test('what only Brickwork leaves is a problem, declared or not', () => {
    const left = host({ sessions: ['iqn portal', 'iqn portal'] })
    const theirs = host({ sessions: ['iqn portal'] })
    expect(compare([before, theirs], [before, left], { 'host after detach': 'because' }).problems).toEqual([
      'host after detach: Brickwork leaves sessions that os-brick does not: iqn portal',
    ])
    expect(compare([before, left], [before, theirs], { 'host after detach': 'because' }).problems).toEqual([])
  })
  test('what was there before is not left over', () => {
    const taken = host({ records: [] })
    expect(compare([before, taken], [before, host({})], { 'host after detach': 'theirs' }).problems).toEqual([])
  })
  test('what is there while a volume is attached is not left over', () => {
    const attached = host({ disks: ['iqn 1'] }, false)
    expect(compare([before, host({})], [before, attached], { 'host after detach': 'refused' }).problems).toEqual([])
  })
})
