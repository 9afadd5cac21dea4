/** The character nodes of a SCSI device: sg (drivers/scsi/sg.c) and bsg (drivers/scsi/scsi_bsg.c). */
import type { Host } from '../../core/host.js'
import type { PlanChild, Tree } from '../../core/tree.js'

const CLASSES = ['scsi_generic', 'bsg'] as const

/** The nodes below the directory of a scsi_device. */
export const nodesPlan: readonly PlanChild[] = CLASSES.map((pattern) => ({
  pattern,
  node: { children: [{ pattern: '*', node: { attributes: ['dev'] } }] },
}))

/** Device numbers of the nodes: `21:3`. */
export function nodesIn(device: Tree | undefined): string[] {
  const nodes = CLASSES.flatMap((each) => device?.child(each)?.children() ?? [])
  return nodes.flatMap((node) => node.text('dev') ?? [])
}

/** Like {@link nodesIn}, for the directory of a scsi_device. Empty for a device that is gone, and without the modules sg and bsg. */
export async function readNodes(host: Host, directory: string, signal: AbortSignal): Promise<string[]> {
  return nodesIn(await host.kernel.readTree({ root: directory, node: { children: nodesPlan } }, signal))
}
