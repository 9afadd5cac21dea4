/** The doctor's checks of Fibre Channel. */
import type { FakeHost } from '../../../lib/testing/index.js'
import { A, LEFT, RIGHT } from '../fc/world.js'
import { rowsOf } from './rows.js'

const ports = { fcPorts: [LEFT, RIGHT] } as const
const serve = async (host: FakeHost) => {
  host.storage.volume('data')
  host.storage.fc.port({ wwpn: A, luns: { 3: 'data' } })
  await host.clock.advance(1000)
}
const down = (host: FakeHost, ...names: readonly string[]) => {
  for (const name of names) host.fc.setLink(name, false)
}

rowsOf('fc.ports', [
  { when: 'there is none', answer: 'ok', summary: /no Fibre Channel/ },
  { when: 'all are online', host: ports, answer: 'ok', evidence: `/sys/class/fc_host/host0: ${LEFT} Online` },
  { when: 'one is offline', host: ports, set: (host) => down(host, LEFT), answer: 'note', evidence: /host0: .* Linkdown/ },
  {
    when: 'all are offline',
    host: ports,
    set: (host) => down(host, LEFT, RIGHT),
    answer: 'problem',
    code: 'ERR_TARGET_UNREACHABLE',
    advice: /cables/,
  },
])
rowsOf('fc.remote-ports', [
  { when: 'none is seen', host: ports, answer: 'ok', summary: /No remote port is seen/ },
  { when: 'all are there', host: ports, set: serve, answer: 'ok', evidence: '/sys/class/fc_remote_ports: 2 ports' },
  {
    when: 'one is lost',
    host: ports,
    set: async (host) => {
      await serve(host)
      down(host, LEFT)
    },
    answer: 'warning',
    evidence: `/sys/class/fc_remote_ports/rport-0:0-0: ${A} Blocked`,
    advice: /zones/,
  },
])
rowsOf('fc.loss-times', [
  { when: 'no multipathd runs', host: ports, set: serve, answer: 'ok' },
  {
    when: 'they are the kernel’s own below multipathd',
    host: { ...ports, multipathd: 'running' },
    set: serve,
    answer: 'note',
    evidence: /fast_io_fail_tmo off, dev_loss_tmo 60/,
    advice: /multipath\.conf/,
  },
])
rowsOf('fc.scan', [
  { when: 'there is no port', answer: 'ok', summary: /no Fibre Channel/ },
  { when: 'the kernel scans by itself', host: ports, answer: 'ok', evidence: '/sys/module/scsi_mod/parameters/scan: async' },
  { when: 'the kernel scans when asked', host: { ...ports, scsiScan: 'manual' }, answer: 'ok' },
  {
    when: 'the kernel never scans',
    host: { ...ports, scsiScan: 'none' },
    answer: 'problem',
    code: 'ERR_UNSUPPORTED',
    advice: /scsi_mod\.scan=none/,
  },
])
