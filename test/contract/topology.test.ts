/** The fake's own tree, written to a folder and read by the addon, gives the same topology as the fake. */
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

import { createHost } from '../../lib/index.js'
import { readTopology } from '../../lib/linux/topology/read.js'
import type { FakeHost } from '../../lib/testing/index.js'
import { createFakeWorld } from '../world/fake/world.js'
import { multipath, serveFour } from '../world/four.js'
import { request } from '../world/expect.js'
import { patience } from './subject.js'

const nobodys = { ofDevice: () => [], ofObject: () => [] }

async function write(host: FakeHost, path: string, root: string): Promise<void> {
  const stat = await host.files.stat(path)
  if (stat === undefined) return
  await mkdir(dirname(join(root, path)), { recursive: true })
  if (stat.type === 'directory') {
    await mkdir(join(root, path), { recursive: true })
    for (const name of await host.files.list(path)) await write(host, `${path}/${name}`, root)
  } else if (stat.type === 'link') await symlink((await host.files.readLink(path)) ?? '', join(root, path))
  // Write-only attributes are not read.
  else if (stat.type === 'file' && (stat.mode & 0o400) !== 0) await writeFile(join(root, path), (await host.files.readBytes(path)) ?? '')
}

test('fake and real agree on maps, a single disk, mounts, sessions and what udev knows', async () => {
  const world = await createFakeWorld({ multipathd: 'running' })
  await serveFour(world)
  await world.volume('plain', { content: 'ext4' })
  await world.target({ iqn: 'iqn.2024-01.org.example:plain', portals: ['[fd99::1]:3260'], luns: { 7: 'plain' } })
  const attacher = await world.attacher()
  const map = await attacher.attach(multipath('map'))
  const single = await attacher.attach(request('single', { iqn: 'iqn.2024-01.org.example:plain', portals: ['[fd99::1]:3260'], lun: 7 }))
  await world.mount(map.device)
  await world.mount(single.device, { otherNamespace: true })
  await world.sleep(5000)

  const root = await mkdtemp(join(await realpath(tmpdir()), 'brickwork-topology-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  for (const path of ['/sys', '/proc', '/run/udev/data']) await write(world.host, path, root)
  const [fake, real] = await Promise.all([
    readTopology(world.host, nobodys, patience()),
    readTopology(createHost({ root }), nobodys, patience()),
  ])
  expect(fake.sessions.length).toBe(5)
  expect(fake.devices.map(({ mounts }) => mounts.length)).toEqual([1, 0, 0, 0, 0, 1])
  expect(fake.devices[0]?.paths.map(({ state }) => state)).toEqual(['active', 'active', 'active', 'active'])
  // The state of device-mapper is not in files.
  const statesOf = (device: (typeof fake.devices)[number]) => ({
    ...device,
    map: undefined,
    paths: device.paths.map(({ name }) => ({ name })),
  })
  expect({ ...real, unseen: [] }).toEqual({ ...fake, devices: fake.devices.map(statesOf) })
  await attacher.close()
})
