/** LVM: volume groups of guests must not be activated on the host. */
import { findProgram } from '../linux/find-program.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, type Fact, type Finding, type HostCheck, note, ok, seen, warning } from '../operation/host-check.js'
import { attachedDevices, isBuiltOn } from './attached-devices.js'

const CONFIGURATION = '/etc/lvm/lvm.conf'
const LOCAL = '/etc/lvm/lvmlocal.conf'
const DEVICES_FILE = '/etc/lvm/devices/system.devices'
const MOST_SHOWN = 5

export const lvmChecks: readonly HostCheck[] = [
  {
    id: 'lvm.guest-groups',
    group: 'lvm',
    title: 'no volume group of an attached volume is active on the host',
    reads: '`/sys/class/block/dm-*`, claims',
    run: guestGroups,
  },
  {
    id: 'lvm.activation',
    group: 'lvm',
    title: 'LVM does not scan and activate attached volumes',
    reads: '`/etc/lvm/lvm.conf`, `/etc/lvm/devices/system.devices`',
    run: activation,
  },
  {
    id: 'lvm.multipath',
    group: 'lvm',
    title: 'LVM leaves paths of maps alone',
    reads: '`multipath_component_detection` in `/etc/lvm/lvm.conf`',
    run: components,
  },
]

async function guestGroups(context: CheckContext): Promise<Finding> {
  const [{ devices }, own] = await Promise.all([context.once(hostTopology), context.once(attachedDevices)])
  const byName = new Map(devices.map((device) => [device.name, device]))
  const active = devices.filter((device) => device.dmUuid?.startsWith('LVM-') === true && isBuiltOn(device, own, byName))
  if (active.length === 0)
    return ok('No volume group of an attached volume is active', [seen('/sys/class/block', `${own.size} attached volumes`)])
  const groups = [...new Set(active.map(({ dmName }) => groupOf(dmName ?? '')))]
  return warning(
    `Volume groups of attached volumes are active on this host: ${groups.join(', ')}`,
    active.slice(0, MOST_SHOWN).map(({ name, dmName, slaves }) => seen(`/dev/${name}`, `${dmName ?? ''} on ${slaves.join(' ')}`)),
    `Deactivate them if they are a guest's (vgchange -an ${groups[0] ?? 'GROUP'}), and keep LVM from such devices (see lvm.activation)`,
  )
}
/** device-mapper writes `vg--a-lv` for the volume `lv` in the group `vg-a` (libdm, dm_build_dm_name). */
function groupOf(dmName: string): string {
  return (/^((?:[^-]|--)+)-(?!-)/.exec(dmName)?.[1] ?? dmName).replaceAll('--', '-')
}

/** `key = value` of all files that LVM reads, without comments. The section does not matter: keys are unique. */
const settings: Fact<ReadonlyMap<string, { readonly value: string; readonly file: string }>> = async ({ host }) => {
  const found = new Map<string, { value: string; file: string }>()
  for (const file of [CONFIGURATION, LOCAL]) {
    const text = (await host.files.read(file)) ?? ''
    for (const [, key = '', value = ''] of text.matchAll(/^[ \t]*(?:[a-z]+\/)?([a-z_]+)[ \t]*=[ \t]*([^\n#]*)/gm))
      found.set(key, { value: value.trim(), file })
  }
  return found
}

async function activation(context: CheckContext): Promise<Finding> {
  const { host } = context
  if ((await findProgram(host, 'lvm')) === undefined) return ok('LVM is not installed', [seen('lvm', undefined)])
  const [known, devicesFile] = await Promise.all([context.once(settings), host.files.stat(DEVICES_FILE)])
  const shown = (key: string) => {
    const setting = known.get(key)
    return setting === undefined ? [] : [seen(setting.file, `${key} = ${setting.value}`)]
  }
  const evidence = [
    ...['use_devicesfile', 'global_filter', 'filter', 'event_activation', 'auto_activation_volume_list'].flatMap(shown),
    seen(DEVICES_FILE, devicesFile === undefined ? undefined : 'present'),
  ]
  const usesFile = devicesFile !== undefined && known.get('use_devicesfile')?.value !== '0'
  const isFiltered = /"r[|/]/.test(known.get('global_filter')?.value ?? '')
  const activatesNothing = known.get('event_activation')?.value === '0' || known.has('auto_activation_volume_list')
  if (usesFile || isFiltered || activatesNothing)
    return ok('LVM uses only the devices that its configuration names, or activates nothing by itself', evidence)
  return warning(
    'LVM scans every new device and activates every volume group that it finds, also one inside an attached volume',
    evidence,
    'Use a devices file (use_devicesfile = 1 and lvmdevices --adddev), or a global_filter that names the local disks',
  )
}

async function components(context: CheckContext): Promise<Finding> {
  const setting = (await context.once(settings)).get('multipath_component_detection')
  const evidence = [
    seen(
      setting?.file ?? CONFIGURATION,
      setting === undefined ? 'multipath_component_detection is not set' : `multipath_component_detection = ${setting.value}`,
    ),
  ]
  if (setting?.value !== '0') return ok('LVM does not open the paths of maps', evidence)
  return (await findProgram(context.host, 'multipathd')) === undefined
    ? note('LVM may open single paths; multipath-tools are not installed', evidence)
    : warning(
        'LVM may open a path instead of its map: the map cannot be made then',
        evidence,
        'Set multipath_component_detection = 1 in lvm.conf',
      )
}
