/** NVMe over TCP of FakeHost, for scenarios. */
import { Secret } from '../../../lib/core/secret.js'
import type { FakeHost } from '../../../lib/testing/index.js'
import { type NvmeStorage, PAIR } from '../nvme.js'

/** After this time udev has processed the namespaces of a new controller. */
const SCANNED_MS = 300

export function fakeNvme(hostNow: () => FakeHost): NvmeStorage {
  const { signal } = new AbortController()
  const targets = () => hostNow().storage.nvme
  return {
    subsystem: ({ nqn, portals, namespaces, group = 1, hosts }) =>
      done(() => {
        const described = Object.fromEntries(Object.entries(namespaces).map(([nsid, volume]) => [nsid, { volume, group }]))
        targets().subsystem({ nqn, portals, namespaces: described, ...(hosts === undefined ? {} : { hosts }) })
        // A new ANA group of nvmet is inaccessible.
        if (group !== 1) for (const portal of portals) targets().setAnaState(nqn, portal, group, 'inaccessible')
      }),
    removeSubsystem: (nqn) => done(() => targets().removeSubsystem(nqn)),
    map: (nqn, nsid, volume) => done(() => targets().map(nqn, nsid, volume)),
    unmap: (nqn, nsid) => done(() => targets().unmap(nqn, nsid)),
    revalidate: (nqn) => done(() => targets().revalidate(nqn)),
    ana: (nqn, portal, group, state) => done(() => targets().setAnaState(nqn, portal, group, state)),
    greeter: (nqn, portal) =>
      done(() => {
        targets().subsystem({ nqn: `${nqn}:greeter`, portals: [portal], namespaces: {} })
        targets().greetOnly(portal)
      }),
    connect: async (nqn, portal) => {
      const { address, port } = /^\[?(?<address>.+?)\]?:(?<port>\d+)$/.exec(portal)?.groups ?? {}
      const words = [`transport=tcp,traddr=${address ?? ''},trsvcid=${port ?? ''},nqn=${nqn}`, `hostnqn=${PAIR.nqn},hostid=${PAIR.id}`]
      const outcome = await hostNow()
        .process()
        .kernel.connectFabrics(new Secret(words.join(',')), signal)
      if (outcome.outcome === 'failed') throw new Error(outcome.errno)
      await outcome.controller.keep()
      await hostNow().clock.advance(SCANNED_MS)
      return `nvme${outcome.instance}`
    },
    disconnect: async (controller) => {
      const directory = `/sys/class/nvme/${controller}`
      const request = { directory, guards: [], attribute: 'delete_controller', value: '1', waits: 'unbounded' } as const
      await hostNow().process().kernel.write(request, signal)
    },
  }
}
async function done<T>(work: () => T): Promise<Awaited<T>> {
  return await work()
}
