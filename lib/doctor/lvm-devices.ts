/** LVM as the kernel and udev show it: thin pools, and physical volumes that are there twice. */
import type { BlockDeviceNode } from '../api/topology.js'
import { isBrickworkError } from '../core/errors.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, ok, seen, unknown, warning } from '../operation/host-check.js'

const BLOCKS = '/sys/class/block'
const MEMBER = 'LVM2_member'
const MOST_SHOWN = 5
/** LVM itself warns from here on (lvm.conf, thin_pool_autoextend_threshold of its profiles). */
const FULL_PERCENT = 90

export const lvmDeviceChecks: readonly HostCheck[] = [
  {
    id: 'lvm.thin',
    group: 'lvm',
    title: `no thin pool is broken or more than ${FULL_PERCENT} % full`,
    reads: '`/sys/class/block/dm-*`, status of device-mapper',
    run: thinPools,
  },
  {
    id: 'lvm.duplicates',
    group: 'lvm',
    title: 'no two volumes are the same physical volume of LVM',
    reads: "`/sys/class/block`, udev's database",
    run: duplicates,
  },
]

/** The pool itself, below the device of the same name that LVM shows (lvm2, lib/activate/dev_manager.c). */
const isPool = ({ dmUuid }: BlockDeviceNode) => dmUuid !== undefined && /^LVM-.*-tpool$/.test(dmUuid)

async function thinPools(context: CheckContext): Promise<Finding> {
  const { devices } = await context.once(hostTopology)
  const pools = devices.filter(isPool)
  if (pools.length === 0) return ok('There are no thin pools', [seen(BLOCKS, 'no thin pool')])
  const states = await Promise.all(pools.map(async (pool) => ({ pool, state: await stateOf(context, pool) })))
  const unread = states.filter(({ state }) => typeof state === 'string')
  const wrong = states.flatMap(({ pool, state }) => {
    const words = typeof state === 'string' ? [] : troubles(state)
    return words.length === 0 ? [] : [{ pool, words }]
  })
  const pool = volumeOf(wrong[0]?.pool.dmName ?? '')
  if (wrong.length > 0)
    return warning(
      `${wrong.length} of ${pools.length} thin pools need attention: ${wrong.map(({ pool }) => pool.dmName ?? pool.name).join(', ')}`,
      wrong.slice(0, MOST_SHOWN).map(({ pool, words }) => seen(named(pool), words.join(', '))),
      `Extend it (lvextend -L +SIZE ${pool}, lvextend --poolmetadatasize +SIZE ${pool}); repair one that needs a check (lvconvert --repair ${pool})`,
    )
  const evidence = states
    .slice(0, MOST_SHOWN)
    .map(({ pool, state }) =>
      seen(named(pool), typeof state === 'string' ? state : `data ${state.dataPercent} %, metadata ${state.metadataPercent} %`),
    )
  return unread.length > 0
    ? unknown('The status of thin pools cannot be read; run it as root', evidence)
    : ok(`${pools.length} thin pools have space`, evidence)
}

interface PoolState {
  readonly dataPercent: number
  readonly metadataPercent: number
  readonly words: readonly string[]
}
/** @returns why there is no status, as text. */
async function stateOf({ host, signal }: CheckContext, { dmUuid = '' }: BlockDeviceNode): Promise<PoolState | string> {
  try {
    const answer = await host.kernel.deviceMapper({ uuid: dmUuid, command: 'status' }, signal)
    return parsePool(answer?.targets[0]?.parameters ?? '') ?? 'no status'
  } catch (error) {
    if (!isBrickworkError(error)) throw error
    return error.code
  }
}
/** `1 189/1024 3202/16384 - rw discard_passdown queue_if_no_space - 1024`, or `Fail` (drivers/md/dm-thin.c, pool_status). */
function parsePool(text: string): PoolState | undefined {
  if (text.trim() === 'Fail') return { dataPercent: 0, metadataPercent: 0, words: ['failed'] }
  const [, metadata, data, , ...words] = text.trim().split(/\s+/)
  const [metadataPercent, dataPercent] = [percent(metadata), percent(data)]
  return metadataPercent === undefined || dataPercent === undefined ? undefined : { dataPercent, metadataPercent, words }
}
function percent(text: string | undefined): number | undefined {
  const [used, total] = (text ?? '').split('/').map(Number)
  return used === undefined || total === undefined || !(total > 0) ? undefined : Math.floor((used * 100) / total)
}
/** Words of the kernel that say that a pool does not work as it should. */
const BAD_WORDS: Readonly<Record<string, string>> = {
  failed: 'it has failed',
  out_of_data_space: 'it has no data space left: writes wait or fail',
  ro: 'it is read-only',
  needs_check: 'it needs a check',
}
function troubles({ dataPercent, metadataPercent, words }: PoolState): string[] {
  return [
    ...words.flatMap((word) => BAD_WORDS[word] ?? []),
    ...(dataPercent >= FULL_PERCENT ? [`data ${dataPercent} % full`] : []),
    ...(metadataPercent >= FULL_PERCENT ? [`metadata ${metadataPercent} % full`] : []),
  ]
}
/** `vg/pool` of `vg-pool-tpool`. device-mapper doubles each `-` of a name (libdm, dm_build_dm_name). */
function volumeOf(dmName: string): string {
  const [, group = '', volume = ''] = /^((?:[^-]|--)+)-((?:[^-]|--)+)/.exec(dmName) ?? []
  return `${group}/${volume}`.replaceAll('--', '-')
}
function named({ name, dmName = '' }: BlockDeviceNode): string {
  return `/dev/${name} (${dmName})`
}

/** By what blkid has stored in udev's database: no device is opened. */
async function duplicates(context: CheckContext): Promise<Finding> {
  const { devices } = await context.once(hostTopology)
  const known = devices.filter(({ udev }) => udev !== undefined)
  if (devices.length > 0 && known.length === 0)
    return unknown("udev's database has no block device", [seen('/run/udev/data', 'no record of a block device')])
  const members = new Map<string, BlockDeviceNode[]>()
  // Paths of one volume have one WWID, and a map has that of its paths.
  for (const device of known.filter(({ content }) => content?.type === MEMBER)) {
    const uuid = device.content?.uuid
    if (uuid === undefined) continue
    const others = members.get(uuid) ?? []
    if (!others.some((other) => isSameVolume(other, device))) members.set(uuid, [...others, device])
  }
  const twice = [...members].filter(([, found]) => found.length > 1)
  if (twice.length === 0)
    return ok('Every physical volume of LVM is on one device', [seen('/run/udev/data', `${members.size} physical volumes`)])
  return warning(
    `${twice.length} ${twice.length === 1 ? 'physical volume of LVM is' : 'physical volumes of LVM are'} on several volumes: a clone or a snapshot is attached beside its original`,
    twice
      .slice(0, MOST_SHOWN)
      .map(([uuid, found]) =>
        seen(`PV ${uuid}`, found.map(({ name, wwid }) => `${name}${wwid === undefined ? '' : ` (${wwid})`}`).join(' ')),
      ),
    `Detach one of them, or give the clone identifiers of its own (vgimportclone /dev/${twice[0]?.[1].at(-1)?.name ?? 'NAME'}); LVM may use either of them until then`,
  )
}
function isSameVolume(one: BlockDeviceNode, other: BlockDeviceNode): boolean {
  return one.slaves.includes(other.name) || other.slaves.includes(one.name) || (one.wwid !== undefined && one.wwid === other.wwid)
}
