/** The doctor's checks of NVMe over TCP. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { foreign, NQN, PORTALS } from '../nvme/world.js'
import { rowsOf } from './rows.js'

const PAIR = { nqn: 'nqn.2014-08.org.example:me', id: '11111111-2222-4333-8444-555555555555' }
const writePair = (host: FakeHost) => {
  host.put('/etc/nvme/hostnqn', PAIR.nqn)
  host.put('/etc/nvme/hostid', PAIR.id)
}
/** Another program has connected a controller. */
const connect = async (host: FakeHost, { nqn, id }: typeof PAIR): Promise<string> => {
  host.storage.volume('data')
  host.storage.nvme.subsystem({ nqn: NQN, portals: PORTALS, namespaces: { 1: 'data' } })
  const [address = '', port = ''] = PORTALS[0].split(':')
  return await foreign(host, `transport=tcp,traddr=${address},trsvcid=${port},nqn=${NQN},hostnqn=${nqn},hostid=${id},keep_alive_tmo=1`)
}
const nvme = { nvme: '6.1' } as const

rowsOf('nvme.driver', [
  { when: 'the driver is loaded', host: nvme, answer: 'ok', evidence: '/dev/nvme-fabrics: present' },
  {
    when: 'this process does not see its node',
    host: nvme,
    set: (host) => void host.take('/dev/nvme-fabrics'),
    answer: 'problem',
    code: 'ERR_UNSUPPORTED',
  },
  {
    when: 'it is installed',
    set: (host) => host.put('/lib/modules/6.1.0-fake/modules.dep', 'kernel/drivers/nvme/host/nvme-tcp.ko:\n'),
    answer: 'ok',
    summary: /installed/,
  },
])
rowsOf('nvme.host-name', [
  { when: 'there is no NVMe', answer: 'ok', summary: /no NVMe/ },
  { when: 'both files are there', host: nvme, set: writePair, answer: 'ok', evidence: `/etc/nvme/hostid: ${PAIR.id}` },
  { when: 'no file is there', host: nvme, answer: 'note', summary: /derived/ },
  {
    when: 'a file has no name',
    host: nvme,
    set: (host) => host.put('/etc/nvme/hostnqn', 'me'),
    answer: 'problem',
    code: 'ERR_UNSUPPORTED',
  },
  {
    when: 'a controller has another host id',
    host: nvme,
    set: async (host) => {
      writePair(host)
      await connect(host, { ...PAIR, id: '11111111-2222-4333-8444-666666666666' })
    },
    answer: 'problem',
    code: 'ERR_CONFLICT',
    evidence: /nvme0: nqn.* 11111111-2222-4333-8444-666666666666/,
    advice: /nvme0/,
  },
  {
    when: 'a controller is that of another host',
    host: nvme,
    set: async (host) => {
      writePair(host)
      await connect(host, { nqn: 'nqn.2014-08.org.example:other', id: '11111111-2222-4333-8444-666666666666' })
    },
    answer: 'ok',
  },
])
rowsOf('nvme.multipath', [
  { when: 'the driver is not loaded', answer: 'ok' },
  { when: 'the kernel combines paths', host: nvme, answer: 'ok', evidence: '/sys/module/nvme_core/parameters/multipath: Y' },
  {
    when: 'it does not',
    host: nvme,
    set: (host) => host.put('/sys/module/nvme_core/parameters/multipath', 'N'),
    answer: 'warning',
    advice: /multipath=Y/,
  },
])
rowsOf('nvme.controllers', [
  { when: 'there is none', answer: 'ok', summary: /no controller/ },
  {
    when: 'each is live',
    host: nvme,
    set: async (host) => {
      await connect(host, PAIR)
    },
    answer: 'ok',
    summary: /1 controllers? (?:is|are) live/,
  },
  {
    when: 'one has lost its portal',
    host: nvme,
    set: async (host) => {
      await connect(host, PAIR)
      host.storage.portal(PORTALS[0], 'drop')
      await host.clock.advance(5000)
    },
    answer: 'warning',
    evidence: /nvme0\/state: connecting \(traddr=10.99.1.1/,
    advice: /10\.99\.1\.1/,
  },
])
