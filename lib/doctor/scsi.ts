/** The SCSI disks of the host. */
import { inquirePage } from '../linux/scsi/inquiry.js'
import { DEVICE_IDENTIFICATION, parseDesignators } from '../linux/scsi/vpd.js'
import { namesOf, showSameVolume } from '../linux/scsi/volume-names.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'
import { errorLimits } from './error-limits.js'

const MOST_SHOWN = 5
const RUNNING = 'running'
const LONG_SECONDS = 60
const DEVICES = '/sys/bus/scsi/devices'

export const scsiChecks: readonly HostCheck[] = [
  {
    id: 'scsi.disks',
    group: 'scsi',
    title: 'every SCSI disk is running and has a size',
    reads: '`/sys/bus/scsi/devices/*/state`, `/sys/class/block/*/size`',
    run: disks,
  },
  {
    id: 'scsi.timeouts',
    group: 'scsi',
    title: `no command waits longer than ${LONG_SECONDS} s`,
    reads:
      '`/sys/bus/scsi/devices/*/timeout`; as evidence `eh_deadline` of the hosts, and `fast_io_fail_tmo` and `dev_loss_tmo` of Fibre Channel',
    run: timeouts,
  },
  {
    id: 'scsi.identity',
    group: 'scsi',
    title: 'every disk still shows the volume that the kernel found',
    reads: '`/sys/bus/scsi/devices/*/vpd_pg83`, INQUIRY by `/dev/sg*`',
    only: 'deep',
    run: liveIdentity,
  },
]

async function disks(context: CheckContext): Promise<Finding> {
  const { scsiDevices, devices } = await context.once(hostTopology)
  const sizes = new Map(devices.map(({ name, sizeBytes }) => [name, sizeBytes]))
  const all = scsiDevices.filter(({ type }) => type === 'disk')
  const dead = all.filter(({ state, block }) => state !== RUNNING || sizes.get(block ?? '') === 0)
  if (dead.length === 0) return ok(`${all.length} SCSI disks, all running`, [seen(DEVICES, `${all.length} disks`)])
  return warning(
    `${dead.length} of ${all.length} SCSI disks do not work`,
    dead
      .slice(0, MOST_SHOWN)
      .map(({ hctl, state, block, session }) =>
        seen(
          `${DEVICES}/${hctl}`,
          `${block ?? 'no block device'} ${state === RUNNING ? 'size 0' : state}${session === undefined ? '' : `, session ${session}`}`,
        ),
      ),
    'Find out whether the array still serves them (dmesg); detach what is not needed (brickwork list shows whose they are, brickwork detach ID)',
  )
}

async function timeouts(context: CheckContext): Promise<Finding> {
  const { host, signal } = context
  const { scsiDevices } = await context.once(hostTopology)
  const names = scsiDevices.filter(({ type }) => type === 'disk').map(({ hctl }) => hctl)
  const node = { attributes: ['timeout', 'eh_timeout'] }
  const tree = await host.kernel.readTree({ root: DEVICES, node: { children: [{ pattern: '*', names, follow: true, node }] } }, signal)
  const found = tree.children().flatMap((each) => {
    const seconds = Number(each.text('timeout'))
    return seconds > LONG_SECONDS ? [seen(`${DEVICES}/${each.name}/timeout`, seconds)] : []
  })
  const limits = await errorLimits(context)
  return found.length === 0
    ? ok(`Commands to SCSI disks end within ${LONG_SECONDS} s`, [seen(DEVICES, `${names.length} disks`), ...limits])
    : note(
        `${found.length} of ${names.length} disks have a longer command timeout: a dead path is noticed late`,
        [...found.slice(0, MOST_SHOWN), ...limits],
        `Unless the array asks for it, lower it (echo 30 > ${found[0]?.source ?? ''}), for good by a rule of udev (ATTR{device/timeout})`,
      )
}

async function liveIdentity(context: CheckContext): Promise<Finding> {
  const { host, signal } = context
  const { scsiDevices } = await context.once(hostTopology)
  const all = scsiDevices.filter(({ type, state, sg }) => type === 'disk' && state === RUNNING && sg !== undefined)
  const names = (page: Uint8Array) => namesOf(parseDesignators(page), undefined)
  const answers = await Promise.all(
    all.map(async ({ hctl, sg, wwid }) => {
      const [known, now] = await Promise.all([
        host.files.readBytes(`${DEVICES}/${hctl}/vpd_pg83`),
        inquirePage(host, `/dev/${sg ?? ''}`, DEVICE_IDENTIFICATION, signal),
      ])
      if (known === undefined) return []
      if (now === undefined) return [{ hctl, why: `${wwid ?? 'no WWID'}; no answer to an INQUIRY`, isOther: false }]
      return showSameVolume(names(now), names(known))
        ? []
        : [{ hctl, why: `${wwid ?? 'no WWID'} when it was found, another volume now`, isOther: true }]
    }),
  )
  const found = answers.flat()
  const evidence = found.slice(0, MOST_SHOWN).map(({ hctl, why }) => seen(`${DEVICES}/${hctl}`, why))
  if (found.length === 0) return ok(`${all.length} disks show the volume that the kernel found`, [seen(DEVICES, `${all.length} disks`)])
  const other = found.find(({ isOther }) => isOther)
  return other !== undefined
    ? warning(
        'A LUN was given to another volume: the disk shows other data under the old WWID',
        evidence,
        `Stop its users at once, since they read and write another volume; then remove the disk (echo 1 > ${DEVICES}/${other.hctl}/delete)`,
      )
    : warning(
        `${found.length} of ${all.length} disks do not answer an INQUIRY`,
        evidence,
        'Find out whether the array still serves them (dmesg), and whether their sessions are up (iscsi.sessions)',
      )
}
