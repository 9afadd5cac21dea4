import { expect, test } from 'vitest'
import { resolveHostName } from '../../../lib/linux/host-names.js'
import { FakeHost } from '../../../lib/testing/index.js'

const { signal } = new AbortController()
const saying = async (stdout: string, exitCode = 0) => {
  const host = new FakeHost()
  host.faults.plant({ on: 'commands.run', matching: 'getent ahosts array.example', does: { answer: { exitCode, stdout, stderr: '' } } })
  return await resolveHostName(host, 'array.example', signal)
}

test('each address once, in the order of the host, and none that needs a zone', async () => {
  const printed = [
    'fd99:0::1       STREAM array.example',
    'fd99:0::1       DGRAM  ',
    'fd99:0::1       RAW    ',
    '10.99.1.1       STREAM ',
    '10.99.1.1       DGRAM  ',
    '10.99.1.1       STREAM ',
    'fe80::1%eth0    STREAM ',
    'fe80::2         STREAM ',
    '10.99.2.1       DGRAM  ',
    '',
  ].join('\n')
  expect(await saying(printed)).toEqual(['fd99::1', '10.99.1.1'])
})

test('a name that is not known has none; any other end of getent is a failure', async () => {
  expect(await saying('', 2)).toEqual([])
  await expect(saying('', 1)).rejects.toMatchObject({ code: 'ERR_TOOL_FAILED', details: { exitCode: 1 } })
})

test('a resolver that does not answer costs at most ten seconds and half of the time', async () => {
  const host = new FakeHost()
  const { createAttacher } = await import('../../../lib/index.js')
  const attacher = await createAttacher({ host })
  host.faults.plant({ on: 'commands.run', matching: 'getent', does: { delayMs: 60_000 } })
  const targets = [{ portal: 'array.example:3260', iqn: 'iqn.2024-01.org.example:storage', lun: 1 }]
  const from = host.clock.now()
  await expect(attacher.attach({ id: 'one', connection: { protocol: 'iscsi', targets } })).rejects.toMatchObject({
    code: 'ERR_TARGET_UNREACHABLE',
    step: 'resolve-paths',
    details: { name: 'array.example' },
    sideEffects: 'none',
  })
  expect(host.clock.now() - from).toBeLessThan(10_500)
  await attacher.close()
})
