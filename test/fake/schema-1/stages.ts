/** Stages of the states: the requests to the library, and the host that received them. */
import type { AttachRequest } from '../../../lib/index.js'
import type { FakeHostOptions } from '../../../lib/testing/index.js'

export const IQN = 'iqn.2024-01.org.example:storage'
export const PORTALS = ['10.99.1.1:3260', '10.99.2.1:3260'] as const
export const CHAP = { username: 'ann', secret: 'correct horse battery' }
/** Targets that another program uses: one for a single disk, one for a map of two paths. */
export const FOREIGN = { iqn: 'iqn.2024-01.org.example:foreign', portals: ['10.99.8.1:3260'] } as const
export const FOREIGN_MAP = { iqn: 'iqn.2024-01.org.example:foreign-map', portals: ['10.99.8.1:3260', '10.99.9.1:3260'] } as const

export interface Stage {
  readonly options: FakeHostOptions
  readonly attachments: readonly StagedAttachment[]
  readonly chap?: typeof CHAP
  readonly hostNames?: Readonly<Record<string, readonly string[]>>
  readonly localDisks?: Readonly<Record<string, string>>
  /** Another program has already logged in to the storage, and has its first LUN or none. */
  readonly loggedIn?: 'with LUN 1' | 'without disks'
  /** Another program has created a node record for the storage, and does not use it. */
  readonly record?: boolean
}
export interface StagedAttachment {
  readonly owner: string
  readonly stateDir: string
  readonly request: AttachRequest
  /** The volume that the request names. */
  readonly volume: 'data' | 'second'
}

const noTools: FakeHostOptions = { multipathd: 'absent' }
const withTools: FakeHostOptions = { multipathd: 'running' }

const iscsi = (lun: number, portals: readonly string[]): AttachRequest['connection'] => ({
  protocol: 'iscsi',
  targets: portals.map((portal) => ({ portal, iqn: IQN, lun })),
})
const single = (id: string, lun = 1): AttachRequest => ({
  id,
  connection: iscsi(lun, PORTALS.slice(0, 1)),
  policy: { multipath: 'never' },
})
const mapped = (id: string): AttachRequest => ({ id, connection: iscsi(1, PORTALS), policy: { multipath: 'require' } })
const direct = (id: string): AttachRequest => ({
  id,
  connection: iscsi(1, PORTALS),
  policy: { multipath: 'require', assemble: 'direct', ready: 'kernel', onNoPaths: 'fail-io' },
})
const named = (id: string): AttachRequest => ({
  id,
  connection: {
    protocol: 'iscsi',
    targets: [{ portal: 'storage.example:3260', iqn: IQN, lun: '1' }],
    auth: CHAP,
  },
  policy: { multipath: 'require' },
})

/** An attachment of another owner, made after the state was restored. */
export const NEIGHBOUR: StagedAttachment = { owner: 'ben', stateDir: '/var/lib/ben', request: single('two', 2), volume: 'second' }

const of = (owner: string, request: AttachRequest, volume: StagedAttachment['volume'] = 'data'): StagedAttachment => ({
  owner,
  stateDir: owner === 'default' ? '/var/lib/brickwork' : `/var/lib/${owner}`,
  request,
  volume,
})

/** Each of these has a state in which all its attachments are attached. */
export const ATTACHED: Readonly<Record<string, Stage>> = {
  'one-path': { options: noTools, attachments: [of('default', single('one'))] },
  'multipathd-map': { options: withTools, attachments: [of('default', mapped('one'))] },
  'direct-map': { options: withTools, attachments: [of('default', direct('one'))] },
  'two-owners-two-luns': { options: noTools, attachments: [of('ann', single('one')), of('ben', single('one', 2), 'second')] },
  'two-owners-one-lun': { options: noTools, attachments: [of('ann', single('one')), of('ben', single('two'))] },
  'two-owners-one-map': { options: withTools, attachments: [of('ann', mapped('one')), of('ben', mapped('one'))] },
  'foreign-session': {
    options: noTools,
    attachments: [of('default', single('one')), of('default', single('two', 2), 'second')],
    loggedIn: 'with LUN 1',
  },
  'foreign-empty-session': { options: noTools, attachments: [of('default', single('one'))], loggedIn: 'without disks' },
  'foreign-record': { options: noTools, attachments: [of('default', single('one'))], record: true },
  'names-and-chap': {
    options: withTools,
    attachments: [of('default', named('one'))],
    chap: CHAP,
    hostNames: { 'storage.example': ['10.99.1.1', '10.99.2.1'] },
  },
  'local-device': {
    options: noTools,
    attachments: [of('default', { id: 'one', connection: { protocol: 'local', path: '/dev/vdb' } })],
    localDisks: { vdb: 'data' },
  },
}

/** The kernel scans slowly, so that a scan outlives the process that requested it. */
export const SLOW_SCAN = 'slow-scan'
const slowScan: Stage = {
  options: { ...noTools, delays: { scan: 2000 } },
  attachments: [of('default', single('one'))],
  loggedIn: 'without disks',
}

export function stageNamed(name: string): Stage {
  const stage = name === SLOW_SCAN ? slowScan : ATTACHED[name]
  if (stage === undefined) throw new Error(`There is no stage ${name}`)
  return stage
}
