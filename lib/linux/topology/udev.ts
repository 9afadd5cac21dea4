import type { Host } from '../../core/host.js'
import type { Tree } from '../../core/tree.js'
import type { UdevNode } from '../../api/topology.js'
import { parseUdevRecord } from '../udev/database.js'

export const fileOf = (number: string) => `b${number}`

/** The database's entries of these devices, in one go; none is parsed before {@link udevOf} asks for it. */
export async function readUdev(host: Host, numbers: readonly string[], signal: AbortSignal): Promise<Tree> {
  return await host.kernel.readTree({ root: '/run/udev/data', node: { attributes: numbers.map(fileOf) } }, signal)
}
export function udevOf(tree: Tree, number: string): UdevNode | undefined {
  const text = tree.text(fileOf(number))
  if (text === undefined) return undefined
  const { initialized, links, properties } = parseUdevRecord(text)
  return { initialized, links: links.map((link) => `/dev/${link}`), properties: Object.fromEntries(properties) }
}
