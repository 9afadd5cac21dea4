/** The contents of a device, from the properties that blkid's rules store in udev's database (60-persistent-storage.rules). */
import type { ContentNode, PartitionEntryNode, UdevNode } from '../../api/topology.js'

const CONTENT = {
  type: 'ID_FS_TYPE',
  version: 'ID_FS_VERSION',
  uuid: 'ID_FS_UUID',
  label: 'ID_FS_LABEL_ENC',
  partitionTable: 'ID_PART_TABLE_TYPE',
} as const
const PARTITION = { uuid: 'ID_PART_ENTRY_UUID', name: 'ID_PART_ENTRY_NAME', type: 'ID_PART_ENTRY_TYPE' } as const

export function contentOf(udev: UdevNode | undefined): ContentNode | undefined {
  // An older database has only the other form, in which some characters are replaced.
  const label = udev?.properties['ID_FS_LABEL_ENC'] ?? udev?.properties['ID_FS_LABEL']
  const found = fieldsOf(udev, CONTENT)
  return found === undefined ? undefined : { ...found, ...(label === undefined ? {} : { label: decoded(label) }) }
}
export function partitionEntryOf(udev: UdevNode | undefined): PartitionEntryNode | undefined {
  return fieldsOf(udev, PARTITION)
}

function fieldsOf<Field extends string>(
  udev: UdevNode | undefined,
  names: Readonly<Record<Field, string>>,
): { readonly [K in Field]?: string } | undefined {
  const found: { [K in Field]?: string } = {}
  let any = false
  for (const [field, name] of Object.entries<string>(names)) {
    const text = udev?.properties[name]
    if (text === undefined || text === '') continue
    found[field as Field] = decoded(text)
    any = true
  }
  return any ? found : undefined
}
/** udev writes unusual bytes as `\\x20` (systemd: encode_devnode_name). Text that is no UTF-8 stays as it is. */
function decoded(text: string): string {
  if (!text.includes('\\x')) return text
  try {
    return decodeURIComponent(text.replaceAll('%', '%25').replaceAll(/\\x([0-9a-f]{2})/gi, '%$1'))
  } catch {
    return text
  }
}
