/** Compares enumerate()'s NVMe devices with the output of other programs. */
import { writeFile } from 'node:fs/promises'
import { equal, expectClean } from '../world/expect.js'
import { eventually } from '../world/four.js'
import { connect, disconnectAll, makeSubsystem, readText, subsystemsByTool } from '../world/real/nvme.js'
import { must } from '../world/real/shell.js'
import type { Scenario } from '../play/scenario.js'

const FILE = '/run/lab-topology-nvme'
const PATIENCE = { timeoutMs: 60_000 }

export const nvme: Scenario = {
  name: 'topology-nvme',
  title: 'an NVMe namespace over two controllers: enumerate() says what sysfs and nvme list-subsys say',
  only: 'real',
  run: async (world, story) => {
    const nqn = 'nqn.2014-08.org.example:topology'
    await must(['modprobe', 'loop'])
    await writeFile(FILE, Buffer.alloc(8 * 1024 * 1024))
    const loop = (await must(['losetup', '-f', '--show', FILE])).trim()
    const remove = await makeSubsystem(nqn, loop, [4420, 4421])
    await using attacher = await world.attacher()
    try {
      for (const port of [4420, 4421]) await connect(nqn, port)
      await eventually(world, 'both paths are there', async () => {
        const { devices } = await attacher.enumerate(PATIENCE)
        return devices.some((device) => device.nvme !== undefined && device.paths.length === 2)
      })
      await must(['udevadm', 'settle', '--timeout=30'])
      const { subsystems, controllers, devices, unseen } = await attacher.enumerate(PATIENCE)
      const said = await subsystemsByTool()
      const bySay = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
      equal(
        subsystems.map(({ name, nqn: named }) => ({ name, nqn: named })),
        said.map(({ Name, NQN }) => ({ name: Name, nqn: NQN })),
        'subsystems',
      )
      // Newer tools show more of an address than requested.
      const words = (address: string | undefined) => (address ?? '').split(/[ ,]/).filter((word) => /^tr(addr|svcid)=/.test(word))
      equal(
        controllers.map(({ name, transport, address, state }) => ({ name, transport, address: words(address), state })).sort(bySay),
        said
          .flatMap(({ Paths }) => Paths)
          .map(({ Name, Transport, Address, State }) => ({ name: Name, transport: Transport, address: words(Address), state: State }))
          .sort(bySay),
        'controllers',
      )
      const device = devices.find((each) => each.nvme !== undefined)
      const place = `/sys/class/block/${device?.name ?? 'none'}`
      equal(
        [device?.number, device?.sizeBytes, device?.wwid, device?.nvme?.namespace],
        [await readText(`${place}/dev`), 8 * 1024 * 1024, await readText(`${place}/wwid`), Number(await readText(`${place}/nsid`))],
        'the namespace',
      )
      equal(device?.nvme?.controllers, subsystems[0]?.controllers, 'its controllers')
      for (const { name, controller, state } of device?.paths ?? [])
        equal(state, await readText(`/sys/class/nvme/${controller ?? ''}/${name}/ana_state`), `ANA state of ${name}`)
      equal(subsystems[0]?.namespaces, [device?.name], 'namespaces of the subsystem')
      equal(unseen, [], 'what could not be looked at')
      story.note('paths', device?.paths.length)
    } finally {
      await disconnectAll()
      await remove()
      await must(['losetup', '-d', loop])
    }
    await expectClean(world, 'afterwards')
  },
}
