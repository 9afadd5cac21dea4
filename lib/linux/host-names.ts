/** Resolves host names as all programs of the host do: /etc/hosts, DNS, or what its nsswitch.conf says. */
import { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { normalAddress } from '../core/portal.js'

/** Exit code of getent(1): the name is unknown, or no name service answered. */
const NOT_FOUND = 2

/**
 * In the order in which the host would use them; empty when there are none. Omits link-local addresses, which are useless without a zone.
 */
export async function resolveHostName(host: Host, name: string, signal: AbortSignal): Promise<string[]> {
  const { exitCode, stdout, stderr } = await host.commands.run(['getent', 'ahosts', name], { signal, onAbort: 'kill' })
  if (exitCode !== 0 && exitCode !== NOT_FOUND)
    throw new BrickworkError('ERR_TOOL_FAILED', `getent ahosts ${name} ended with exit code ${exitCode}`, { details: { exitCode, stderr } })
  return parseAhosts(stdout)
}

/**
 *     10.99.1.1       STREAM storage.example
 *     10.99.1.1       DGRAM
 *     fd99::1         STREAM
 */
export function parseAhosts(stdout: string): string[] {
  const addresses = stdout.split('\n').flatMap((line) => /^([0-9A-Fa-f.:]+)\s+STREAM\b/.exec(line)?.[1] ?? [])
  return [...new Set(addresses.map(normalAddress))].filter((address) => !/^fe[89ab]/.test(address))
}
