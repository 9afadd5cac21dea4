/** This machine without Brickwork's native part: what queries need works all the same. */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'

import { BrickworkError } from '../../lib/core/errors.js'
import type { Host } from '../../lib/core/host.js'
import { createHost } from '../../lib/host/create-host.js'
import { createKernel } from '../../lib/host/kernel.js'
import type { Helpers } from '../../lib/host/helpers.js'
import { createPaths } from '../../lib/host/paths.js'
import { rootsBelow } from '../../lib/host/roots.js'
import { enumerate } from '../../lib/index.js'
import { describeTrees } from './kernel.js'
import { patience, type Subject } from './subject.js'

function hostWithoutNative(): Host {
  const host = createHost()
  const missing = () => {
    throw new BrickworkError('ERR_NATIVE_UNAVAILABLE', 'The addon is missing')
  }
  const kernel = createKernel({ addon: missing, helpers: {} as Helpers, paths: createPaths(rootsBelow('/')), netns: undefined })
  return { ...host, kernel }
}

async function subject(): Promise<Subject> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), 'brickwork-contract-'))
  const none = () => Promise.reject(new Error('not in this contract'))
  return {
    host: hostWithoutNative(),
    directory,
    other: hostWithoutNative,
    nvmePort: none,
    openPort: none,
    closedPort: none,
    daemon: none,
    uevent: undefined,
    close: () => rm(directory, { recursive: true, force: true }),
  }
}

describeTrees('a machine without the native part', async () => {
  const made = await subject()
  // The files of the contract are planted by a host that has the native part.
  return { ...made, host: { ...made.host, files: createHost().files } }
})

test('enumerate() answers the same as with the native part', async () => {
  const [without, native] = await Promise.all([enumerate({ host: hostWithoutNative() }), enumerate()])
  const lasting = ({ devices, hosts, scsiDevices, subsystems }: typeof native) => ({ devices, hosts, scsiDevices, subsystems })
  expect(JSON.stringify(lasting(without))).toBe(JSON.stringify(lasting(native)))
  expect(native.devices.length).toBeGreaterThan(0)
})

test('a call that changes something fails, and says that the native part is missing', async () => {
  const write = { directory: '/sys/none', guards: [], attribute: 'none', value: '', waits: 'bounded' } as const
  await expect(hostWithoutNative().kernel.write(write, patience())).rejects.toMatchObject({ code: 'ERR_NATIVE_UNAVAILABLE' })
})
