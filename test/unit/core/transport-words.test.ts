/** Shared folders name no transport, neither in code nor in comments. A word of a transport would be the first branch on a protocol. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const LIB = join(import.meta.dirname, '../../../lib')
const SHARED = ['attach', 'operation', 'multipath', 'scsi', 'connection', 'core', 'api']
const WORDS = /portal|iqn|iscsi|chap(?!ter)|session|initiator|rport|wwpn|nqn/i
/** Public types that name objects of a transport. */
const NAMING = [
  'api/connection.ts',
  'api/fibre-channel-connection.ts',
  'api/nvme-connection.ts',
  'api/policy.ts',
  'api/attached-path.ts',
  'api/attachment.ts',
  'api/identity.ts',
  'core/step-name.ts',
  ...['common', 'host', 'volume'].map((name) => `core/error-details/${name}.ts`),
]
/** Files that may name transports nevertheless, with reasons. At most ten. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  'core/volume-name.ts': 'a SCSI name string (SPC-4 7.8.6.11) begins with `iqn.`',
  'core/portal.ts': 'the address and port that iSCSI and NVMe over TCP have in common',
  'core/kernel.ts': "one native call changes a file under open-iscsi's own lock",
  'core/error-details/volume-meanings.ts': 'the meaning of each code for people, in the words of the transports that have it',
  'core/error-details/host-meanings.ts': 'the same of errors of the host',
  'api/topology.ts': 'what a host has of every transport is public data',
  'api/block-device-node.ts': 'the same: a disk names the session that it is reached through',
  'api/cinder.ts': 'the names that Cinder gives to what every transport calls the host',
  'operation/schema-1.ts': 'files of schema 1 had the fields of the one network transport of then',
}

function filesIn(folder: string): string[] {
  return readdirSync(join(LIB, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`)
}
const named = (file: string, text = readFileSync(join(LIB, file), 'utf8')) =>
  text.split('\n').flatMap((line, index) => (WORDS.test(line) ? [`${file}:${index + 1}: ${line.trim()}`] : []))

test('shared folders name no transport', () => {
  const files = SHARED.flatMap(filesIn).filter((file) => !NAMING.includes(file) && !(file in EXCEPTIONS))
  expect(files.length).toBeGreaterThan(80)
  expect(files.flatMap((file) => named(file))).toEqual([])
})
test('each exception is needed, and there are at most ten', () => {
  expect(Object.keys(EXCEPTIONS).length).toBeLessThanOrEqual(10)
  for (const file of Object.keys(EXCEPTIONS)) expect(named(file), file).not.toEqual([])
})
test('a word in code or in a comment is found', () => {
  expect(named('x.ts', 'const a = 1\n// the Portal of it\nconst sessionId = 2')).toEqual([
    'x.ts:2: // the Portal of it',
    'x.ts:3: const sessionId = 2',
  ])
})
