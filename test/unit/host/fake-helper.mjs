// Speaks the helper's frames. The name of a device decides its behaviour:
//   stuck-NAME  answers only when the file STATE/NAME exists.
//   fail        answers EIO.
//   crash       ends the helper.
//   garbage     sends no frame at all.
//   garbled     sends a failure without its fields.
//   busy, gone  answers of hold; gone, changed, unknown: answers of guardedWrite.
// The uuid decides the answer of removeMap: removed, busy, gone. The name decides that of createMap: created, busy. The node decides that
// of setReadOnly: changed, unchanged, gone.
import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'

const state = process.argv[2]
let pending = Buffer.alloc(0)

process.stdin.on('end', () => process.exit(0))
process.stdin.on('data', (chunk) => {
  pending = Buffer.concat([pending, chunk])
  while (pending.length >= 4 && pending.length >= 4 + pending.readUInt32LE(0)) {
    const frame = pending.subarray(4, 4 + pending.readUInt32LE(0))
    pending = pending.subarray(4 + frame.length)
    void serve(frame.readUInt32LE(0), frame[4], fieldsOf(frame.subarray(5)))
  }
})

async function serve(id, operation, fields) {
  const path = fields[0]?.toString() ?? ''
  const name = path.slice(path.lastIndexOf('/') + 1)
  appendFileSync(join(state, 'calls'), `${process.pid} ${operation} ${name}\n`)
  if (name === 'crash') process.exit(7)
  if (name === 'garbage') return process.stdout.write(Buffer.alloc(16, 0xff))
  if (name === 'garbled') return answer(id, 1, [Buffer.of(5)])
  if (name.startsWith('stuck-')) {
    const gate = join(state, name.slice('stuck-'.length))
    while (!existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  if (name === 'fail') return answer(id, 1, [u32(5), Buffer.from('fsync'), Buffer.from(path)])
  answer(id, 0, answers[operation](fields, name))
}

const answers = {
  1: ([, attribute, value, guard], name) =>
    name === 'gone'
      ? [Buffer.of(1)]
      : name === 'changed'
        ? [Buffer.of(2), guard, Buffer.of(1), Buffer.from('other')]
        : name === 'unknown'
          ? [Buffer.of(2), guard, Buffer.of(0), Buffer.alloc(0)]
          : (appendFileSync(join(state, 'written'), `${attribute}=${value}\n`), [Buffer.of(0)]),
  2: (_, name) => [Buffer.of(name === 'busy' ? 1 : name === 'gone' ? 2 : 0)],
  3: () => [],
  4: () => [],
  6: ([, uuid]) => [Buffer.of(['removed', 'busy', 'gone'].indexOf(uuid.toString()))],
  7: ([, name, uuid, sectors, readOnly, parameters]) => [
    appendFileSync(join(state, 'made'), `${name} ${uuid} ${sectors.readBigUInt64LE()} ${readOnly[0]} ${parameters}\n`) ??
      Buffer.of(['created', 'busy'].indexOf(name.toString())),
  ],
  8: ([, readOnly, diskseq], name) => [
    appendFileSync(join(state, 'made'), `${readOnly[0]} ${diskseq.readBigUInt64LE()}\n`) ??
      Buffer.of(['changed', 'unchanged', 'gone'].indexOf(name)),
  ],
  5: ([, offset, length]) => [Buffer.from(`${offset.readBigUInt64LE()}+${length.readUInt32LE()}`)],
}

function fieldsOf(bytes) {
  const fields = []
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at)
    fields.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return fields
}
function answer(id, status, fields) {
  const body = Buffer.concat(fields.flatMap((field) => [u32(field.length), field]))
  const frame = Buffer.concat([u32(5 + body.length), u32(id), Buffer.of(status), body])
  // In two pieces, as a pipe may deliver it.
  process.stdout.write(frame.subarray(0, 3))
  process.stdout.write(frame.subarray(3))
}
function u32(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
