/** What callers get of a namespace and of its paths. */
import type { AttachedPath, BlockAttachment } from '../../api/attachment.js'
import { isLive, type NvmeController } from '../../linux/nvme/controller.js'
import type { NamespaceIds, NamespacePath } from '../../linux/nvme/namespace.js'
import { hyphenated } from './connection.js'

/** ANA states in the words of SCSI's access states, which callers know (NVMe Base 2.0, 8.1; SPC-4 5.16). */
const ACCESS: ReadonlyMap<string, AttachedPath['accessState']> = new Map([
  ['optimized', 'active/optimized'],
  ['non-optimized', 'active/non-optimized'],
  ['inaccessible', 'unavailable'],
  ['persistent-loss', 'offline'],
  ['change', 'transitioning'],
] as const)
export function describePath(controller: NvmeController, { anaState }: Pick<NamespacePath, 'anaState'>, label: string): AttachedPath {
  const { name, state, ctrlLossTimeoutSec } = controller
  const accessState = ACCESS.get(anaState ?? '')
  return {
    device: `/dev/${name}`,
    state: isLive(controller) ? 'running' : 'transport-offline',
    label,
    ...(accessState === undefined ? {} : { accessState }),
    nvme: {
      portal: label,
      controller: name,
      state,
      ...(anaState === undefined ? {} : { anaState }),
      ...(ctrlLossTimeoutSec === undefined ? {} : { ctrlLossTimeoutSec }),
    },
  }
}

export function describeNamespace(
  nqn: string,
  { nsid, uuid, nguid, eui64 }: NamespaceIds,
  ioPolicy: string | undefined,
): Pick<BlockAttachment, 'nvme'> {
  return {
    nvme: {
      subsystem: nqn,
      ...(nsid === undefined ? {} : { nsid }),
      ...(uuid === undefined ? {} : { uuid: hyphenated(uuid) }),
      ...(nguid === undefined ? {} : { nguid }),
      ...(eui64 === undefined ? {} : { eui64 }),
      ...(ioPolicy === undefined ? {} : { ioPolicy }),
    },
  }
}
