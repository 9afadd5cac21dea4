/** How long the kernel tries to recover from errors of the hosts and ports of SCSI disks, as evidence. */
import type { DoctorEvidence } from '../api/doctor.js'
import { hostTopology } from '../operation/check-facts.js'
import { type CheckContext, seen } from '../operation/host-check.js'

const MOST_SHOWN = 5

/**
 * `eh_deadline`: seconds until the recovery of a host skips to a reset of it, or `off` (drivers/scsi/scsi_sysfs.c). `fast_io_fail_tmo` and
 * `dev_loss_tmo`: seconds until I/O to a lost port fails, and until its disks go (drivers/scsi/scsi_transport_fc.c).
 */
export async function errorLimits(context: CheckContext): Promise<readonly DoctorEvidence[]> {
  const { scsiDevices, remotePorts } = await context.once(hostTopology)
  const hosts = [...new Set(scsiDevices.filter(({ type }) => type === 'disk').map(({ host }) => `host${host}`))]
  const ports = remotePorts.map(({ name }) => name)
  const read = async (root: string, names: readonly string[], attributes: readonly string[]) => {
    const children = [{ pattern: '*', names: names.slice(0, MOST_SHOWN), follow: true, node: { attributes } }]
    const tree = await context.host.kernel.readTree({ root, node: { children } }, context.signal)
    return tree.children().flatMap((each) =>
      attributes.flatMap((attribute) => {
        const value = each.text(attribute)
        return value === undefined ? [] : [seen(`${root}/${each.name}/${attribute}`, value)]
      }),
    )
  }
  return [
    ...(hosts.length === 0 ? [] : await read('/sys/class/scsi_host', hosts, ['eh_deadline'])),
    ...(ports.length === 0 ? [] : await read('/sys/class/fc_remote_ports', ports, ['fast_io_fail_tmo', 'dev_loss_tmo'])),
  ]
}
