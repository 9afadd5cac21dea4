/**
 * Copies all programs into the guest's memory, and puts them in their old places. Over 9p, each open of a file is a request to the machine,
 * which takes real time, even if its content is cached. So is each use of a link.
 */
import { must } from '../world/real/shell.js'

const MEMORY = '/run/lab-memory'
const SYSTEM = ['usr/bin', 'usr/sbin', 'usr/lib', 'usr/lib64', 'etc']
/** Links to them, in the root. */
const LINKS = ['bin', 'sbin', 'lib', 'lib64']
/** What the parties read of the checkout. */
const CHECKOUT = [
  'package.json',
  'build',
  'test/bench/party',
  'node_modules/zod',
  'node_modules/node-gyp-build',
  'node_modules/node-addon-api',
]
const LONG_MS = 600_000

export async function programsIntoMemory(): Promise<void> {
  const sh = (script: string) => must(['sh', '-e', '-c', script], { timeoutMs: LONG_MS })
  await sh(`mkdir -p ${MEMORY}; mount -t tmpfs -o size=2g,mode=755 tmpfs ${MEMORY}; mkdir ${MEMORY}/brickwork`)
  await sh(`cd /; cp -a --one-file-system --parents ${SYSTEM.join(' ')} ${MEMORY}`)
  await sh(`cd /brickwork; cp -a --parents ${CHECKOUT.join(' ')} ${MEMORY}/brickwork`)
  await sh(`mount --rbind /usr/lib/modules ${MEMORY}/usr/lib/modules`)
  for (const place of [...SYSTEM, 'brickwork']) await sh(`mount --rbind ${MEMORY}/${place} /${place}`)
  for (const link of LINKS) await sh(`ln -s usr/${link} /${link}.new; mv -T /${link}.new /${link}`)
}
