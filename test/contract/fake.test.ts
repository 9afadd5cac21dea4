import { expect } from 'vitest'

import { FakeHost } from '../../lib/testing/index.js'
import { describeHost } from './all.js'

describeHost('FakeHost', () => {
  const host = new FakeHost({ missingPrograms: ['brickwork-missing'] })
  host.putDirectory('/tmp/contract')
  return Promise.resolve({
    host,
    directory: '/tmp/contract',
    other: () => host.process(),
    openPort: () => {
      host.storage.listen('127.0.0.1:4000')
      return Promise.resolve(4000)
    },
    nvmePort: () => {
      host.storage.nvme.subsystem({ nqn: 'nqn.2014-08.org.example:contract', portals: ['127.0.0.1:4420'], namespaces: {} })
      return Promise.resolve(4420)
    },
    closedPort: () => Promise.resolve(4001),
    daemon: (kind) => {
      const does = kind === 'answers' ? { answer: new TextEncoder().encode('yes') } : ({ hang: 'before' } as const)
      host.faults.plant({ on: 'kernel.exchange', matching: kind, does })
      return Promise.resolve(kind)
    },
    uevent: () => host.uevents.kernel('change', '/sys/devices/virtual/mem/null', 'mem'),
    close: () => {
      host.verify()
      expect(host.clock.sleeping).toBe(0)
      return Promise.resolve()
    },
  })
})
