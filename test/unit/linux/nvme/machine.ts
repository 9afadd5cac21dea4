/** NVMe over Fabrics as files of sysfs, for the real addon and for FakeHost. */
import type { FakeHost } from '../../../../lib/testing/index.js'

export const NQN = 'nqn.2014-08.org.example:one'
export const HOST_NQN = 'nqn.2014-08.org.nvmexpress:uuid:0a1b2c3d-0000-4000-8000-000000000001'
export const HOST_ID = '0a1b2c3d-0000-4000-8000-000000000001'
export const UUID = '11111111-2222-4333-8444-555555555555'

export type Files = Readonly<Record<string, string | undefined>>
const FABRICS = '/sys/devices/virtual/nvme-fabrics/ctl'
const SUBSYSTEMS = '/sys/devices/virtual/nvme-subsystem'

export function put(host: FakeHost, directory: string, files: Files): void {
  for (const [name, text] of Object.entries(files)) if (text !== undefined) host.put(`${directory}/${name}`, `${text}\n`)
}
/** A controller. An attribute that is `undefined` is missing. */
export function controller(host: FakeHost, name: string, files: Files = {}): string {
  const directory = `${FABRICS}/${name}`
  put(host, directory, {
    transport: 'tcp',
    subsysnqn: NQN,
    address: `traddr=192.0.2.${Number(name.slice(4)) + 1},trsvcid=4420`,
    state: 'live',
    cntrltype: 'io',
    cntlid: String(Number(name.slice(4)) + 1),
    hostnqn: HOST_NQN,
    hostid: HOST_ID,
    dev: `240:${name.slice(4)}`,
    ...files,
  })
  host.putLink(`/sys/class/nvme/${name}`, `../../devices/virtual/nvme-fabrics/ctl/${name}`)
  return directory
}
export function subsystem(host: FakeHost, name: string, controllers: readonly string[], files: Files = {}): string {
  const directory = `${SUBSYSTEMS}/${name}`
  put(host, directory, { subsysnqn: NQN, model: 'Linux           ', serial: 'abc ', iopolicy: 'numa', ...files })
  for (const each of controllers) host.putLink(`${directory}/${each}`, `../../nvme-fabrics/ctl/${each}`)
  host.putLink(`/sys/class/nvme-subsystem/${name}`, `../../devices/virtual/nvme-subsystem/${name}`)
  return directory
}
export const ids = (uuid = UUID, nsid = '1'): Files => ({ wwid: `uuid.${uuid}`, uuid, nguid: undefined, nsid })
export function path(host: FakeHost, directory: string, name: string, files: Files = {}): void {
  put(host, `${directory}/${name}`, { hidden: '1', size: '2048', ana_state: 'optimized', ...ids(), ...files })
}
export function head(host: FakeHost, directory: string, name: string, files: Files = {}): void {
  const block = { dev: '259:0', size: '2048', ro: '0', diskseq: '7', 'queue/logical_block_size': '4096' }
  put(host, `${directory}/${name}`, { ...block, ...ids(), ...files })
  put(host, `${directory}/${name.replace('nvme', 'ng')}`, { dev: '239:0' })
}
/** One subsystem with one namespace over two controllers. The head is named after a controller that is long gone. */
export function twoPaths(host: FakeHost): void {
  const [first, second] = [controller(host, 'nvme2'), controller(host, 'nvme5', { state: 'connecting' })]
  const place = subsystem(host, 'nvme-subsys7', ['nvme2', 'nvme5'])
  head(host, place, 'nvme7n3')
  path(host, first, 'nvme7c2n3')
  path(host, second, 'nvme7c5n3', { ana_state: 'inaccessible' })
}
