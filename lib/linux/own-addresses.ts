/** IPv4 addresses of the host in the network namespace of its daemons. */
import type { Host } from '../core/host.js'

/** The host's daemons are in the namespace of its first process. */
const TABLE = '/proc/1/net/fib_trie'

/** Empty when the table can't be read. */
export async function readOwnAddresses(host: Host): Promise<ReadonlySet<string>> {
  return parseFibTrie((await host.files.read(TABLE)) ?? '')
}

/**
 * Local routes of the kernel's routing table (net/ipv4/fib_trie.c, fib_trie_seq_show):
 *
 *        |-- 10.99.1.2
 *           /32 host LOCAL
 */
export function parseFibTrie(text: string): ReadonlySet<string> {
  const found = text.matchAll(/^\s*\|-- ([0-9.]+)\n(?:\s+\/[0-9]+ [a-z]+ [A-Z]+.*\n)*?\s+\/32 host LOCAL\b/gm)
  return new Set([...found].flatMap(([, address]) => address ?? []))
}
