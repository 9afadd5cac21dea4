import { expect, test } from 'vitest'
import { formatLockNote, lockerIn, parseLockNote } from '../../../lib/core/lock-note.js'
import { secondsInWords, waitInWords } from '../../../lib/core/waiting-words.js'

const AT = 1_777_863_721_000
const note = formatLockNote(4711, AT, { owner: 'agent', id: 'vol-1', operation: 'detach' })

test('a lock file says who has the lock, in one line', () => {
  expect(note).toBe('{"pid":4711,"sinceMs":1777863721000,"operation":"detach","id":"vol-1","owner":"agent"}\n')
  expect(parseLockNote(note)).toEqual({ pid: 4711, sinceMs: AT, operation: 'detach', id: 'vol-1', owner: 'agent' })
})
test('a shorter line over a longer one is read alone', () => {
  const long = formatLockNote(4711, AT, { owner: 'agent', id: 'v'.repeat(100), operation: 'detach' })
  const short = formatLockNote(5, AT, { owner: 'a', id: 'v' })
  expect(parseLockNote(short + long.slice(short.length))).toEqual({ pid: 5, sinceMs: AT, id: 'v', owner: 'a' })
})
test.each([
  ['no text', ''],
  ['a torn line', note.slice(0, 30)],
  ['another form', '4711\n'],
  ['null', 'null\n'],
  ['no process id', '{"sinceMs":1777863721000}\n'],
  ['a process id that is none', '{"pid":-1}\n'],
])('%s says nothing', (_, text) => {
  expect(parseLockNote(text)).toBeUndefined()
})
test('fields of another kind are left out', () => {
  expect(parseLockNote('{"pid":7,"sinceMs":"soon","operation":1,"id":null,"owner":[]}\n')).toEqual({ pid: 7 })
})

test('the kernel names the process that has the lock, not one that waits, nor one with another file or another kind of lock', () => {
  const table = [
    '1: POSIX  ADVISORY  WRITE 11 fd:10:5678 0 EOF',
    '2: FLOCK  ADVISORY  WRITE 12 fd:11:5678 0 EOF',
    '3: FLOCK  ADVISORY  WRITE 13 fd:10:567 0 EOF',
    '4: FLOCK  ADVISORY  WRITE 14 fd:10:5678 0 EOF',
    '4: -> FLOCK  ADVISORY  WRITE 15 fd:10:5678 0 EOF',
  ].join('\n')
  expect(lockerIn(table, { device: '253:16', inode: '5678' })).toBe(14)
  expect(lockerIn(table, { device: '253:16', inode: '5' })).toBeUndefined()
  expect(lockerIn('', { device: '253:16', inode: '5678' })).toBeUndefined()
})

test('a wait in words', () => {
  const holder = parseLockNote(note) ?? {}
  const now = AT + 12_400
  expect(waitInWords('the lock "x"', [{ ...holder, command: 'node' }], now)).toBe(
    'the lock "x", held by process 4711 (node), detach of attachment "vol-1" (owner "agent"), for 12 s',
  )
  expect(waitInWords('it', [{ pid: 4, gone: true }], now)).toBe('it, held by process 4 (ended, or in another container)')
  expect(waitInWords('it', [{ pid: 4 }, { id: 'v', owner: 'o' }, {}, {}, {}], now)).toBe(
    'it, held by process 4 (?); an unknown process, work of attachment "v" (owner "o"); an unknown process; and 2 more',
  )
  expect(waitInWords('it', [], now)).toBe('it')
  expect([secondsInWords(-3), secondsInWords(999.4), secondsInWords(1500)]).toEqual(['0 ms', '999 ms', '2 s'])
})
