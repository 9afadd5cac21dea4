/** An attacher in its own process with its own mount, pid and network namespaces and its own root. The host's root is at /host. */
import { spawn } from 'node:child_process'
import type { Attacher } from '../../../lib/index.js'
import { type AgentOptions, asAttacher, Caller } from './caller.js'

const SERVER = '/brickwork/build/lab/test/world/real/container-server.js'

/**
 * The content of an image: programs, libraries and little else. No sysfs, no devices of the host, and a network without even a loopback.
 */
const ENTER = `
set -e
root=/run/lab-container
mkdir -p $root
mount -t tmpfs container $root
cd $root
mkdir host proc dev etc tmp usr brickwork old
mount --rbind / host
mount --bind /usr usr
mount --bind /brickwork brickwork
for each in bin sbin lib lib64; do ln -s usr/$each $each; done
cp /etc/passwd /etc/ld.so.cache etc
for each in null urandom; do touch dev/$each; mount --bind /dev/$each dev/$each; done
mount -t proc proc proc
pivot_root . old
umount -l old
exec node ${SERVER} "$1"
`

export async function attacherInContainer(options: AgentOptions): Promise<Attacher> {
  const namespaces = ['--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private']
  const child = spawn('unshare', [...namespaces, 'sh', '-c', ENTER, 'container', JSON.stringify(options)], { cwd: '/' })
  const caller = new Caller(child)
  await caller.ready
  return asAttacher(caller)
}
