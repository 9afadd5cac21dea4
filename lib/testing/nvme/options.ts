/** The option string of a connect, as the kernel parses it (drivers/nvme/host/fabrics.c, nvmf_parse_options). */
import type { Portal } from '../storage/network.js'
import { shortest } from '../storage/network.js'

export type NvmeKernelVersion = '6.1' | '6.12'

export interface ConnectOptions {
  readonly nqn: string
  readonly traddr: string
  readonly trsvcid: string
  readonly portal: Portal
  readonly hostTraddr: string | undefined
  readonly hostIface: string | undefined
  readonly hostNqn: string | undefined
  readonly hostId: string | undefined
  readonly duplicate: boolean
  readonly reconnectDelayMs: number
  /** How often a lost controller tries to reconnect; negative: without a limit. */
  readonly maxReconnects: number
  readonly keepAliveMs: number
  /** Every option, for tests. */
  readonly given: ReadonlyMap<string, string>
}

const TEXTS = [
  'transport',
  'nqn',
  'traddr',
  'trsvcid',
  'host_traddr',
  'host_iface',
  'hostnqn',
  'hostid',
  'dhchap_secret',
  'dhchap_ctrl_secret',
]
const NUMBERS = [
  'queue_size',
  'nr_io_queues',
  'nr_write_queues',
  'nr_poll_queues',
  'keep_alive_tmo',
  'reconnect_delay',
  'ctrl_loss_tmo',
  'tos',
  'fast_io_fail_tmo',
]
const FLAGS = ['duplicate_connect', 'disable_sqflow', 'hdr_digest', 'data_digest', 'discovery']

/** The names that the kernel lists when `/dev/nvme-fabrics` is read. */
export function optionList(): string {
  const listed = [...TEXTS.map((name) => `${name}=%s`), ...NUMBERS.map((name) => `${name}=%d`), ...FLAGS]
  return ['instance=-1', 'cntlid=-1', ...listed].join(',')
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i
const MOST_BYTES = 4095

/** `EINVAL` and others stand for the error of the write. */
export function parseOptions(text: string): ConnectOptions | string {
  if (Buffer.byteLength(text) > MOST_BYTES) return 'ENOMEM'
  const given = new Map<string, string>()
  for (const part of text.split(/[,\n]/).filter((each) => each !== '')) {
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(part) ?? []
    const isFlag = FLAGS.includes(name)
    if (!(TEXTS.includes(name) || NUMBERS.includes(name) || isFlag) || isFlag !== (value === undefined)) return 'EINVAL'
    if (NUMBERS.includes(name) && !/^-?[0-9]+$/.test(value ?? '')) return 'EINVAL'
    if (name === 'hostnqn' && given.has(name)) return 'EADDRINUSE'
    given.set(name, value ?? '')
  }
  const [transport, nqn, traddr, trsvcid = '8009'] = ['transport', 'nqn', 'traddr', 'trsvcid'].map((name) => given.get(name))
  const [hostNqn, hostId] = [given.get('hostnqn'), given.get('hostid')]
  if (transport !== 'tcp' || nqn === undefined || traddr === undefined || traddr === '') return 'EINVAL'
  if (!isName(nqn) || (hostNqn !== undefined && !isName(hostNqn)) || (hostId !== undefined && !UUID.test(hostId))) return 'EINVAL'
  const number = (name: string, standard: number): number => Number(given.get(name) ?? standard)
  const [delay, loss] = [number('reconnect_delay', 10), number('ctrl_loss_tmo', 600)]
  if (delay <= 0) return 'EINVAL'
  const [address = ''] = traddr.split('%')
  if (!/^[0-9.]+$/.test(address) && !address.includes(':')) return 'EINVAL'
  return {
    nqn,
    traddr,
    trsvcid,
    portal: { address: shortest(address), port: Number(trsvcid) },
    hostTraddr: given.get('host_traddr'),
    hostIface: given.get('host_iface'),
    hostNqn,
    hostId: hostId?.toLowerCase(),
    duplicate: given.has('duplicate_connect'),
    reconnectDelayMs: delay * 1000,
    maxReconnects: loss < 0 ? -1 : Math.ceil(loss / delay),
    keepAliveMs: number('keep_alive_tmo', 5) * 1000,
    given,
  }
}
/** NVMF_NQN_SIZE is 223 and counts the zero at the end. */
function isName(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) < 223
}
