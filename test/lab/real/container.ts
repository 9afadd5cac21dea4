/** An attacher in a process of its own with its own mount, pid and network namespaces and its own root; the host's lies below /host. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import type { Attacher, OperationEvent } from '../../../lib/index.js'
import { Feed } from './feed.js'
import { fromFailure, lines, type Method, type Reply, type Request, revealed } from './wire.js'

const SERVER = '/brickwork/build/lab/test/lab/real/container-server.js'

/** From close() to the end of the process. */
const PATIENCE_MS = 10_000

/** What an image brings along: programs, libraries and little else. No sysfs, no devices of the host, a network without even a loopback. */
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

export interface ContainerOptions {
  readonly owner: string
  readonly stateDir: string
  readonly runDir: string
}

export async function attacherInContainer(options: ContainerOptions): Promise<Attacher> {
  const namespaces = ['--mount', '--pid', '--net', '--fork', '--kill-child', '--propagation', 'private']
  const child = spawn('unshare', [...namespaces, 'sh', '-c', ENTER, 'container', JSON.stringify(options)], { cwd: '/' })
  const caller = new Caller(child)
  await caller.ready
  return asAttacher(caller)
}

function asAttacher(caller: Caller): Attacher {
  const ask = async <T>(method: Method, ...args: unknown[]) => (await caller.ask(method, args)) as T
  return {
    attach: (request, call) => ask('attach', request, call),
    detach: (ref, call) => ask('detach', ref, call),
    inspect: (ref, call) => ask('inspect', ref, call),
    list: (call) => ask('list', call),
    recover: (call) => ask('recover', call),
    identity: (call) => ask('identity', call),
    enumerate: (call) => ask('enumerate', call),
    events: (call) => caller.events.from(call?.signal),
    watch: () => {
      throw new Error('No story watches from a container')
    },
    close: () => caller.close(),
    [Symbol.asyncDispose]: () => caller.close(),
  }
}

class Caller {
  readonly events = new Feed<OperationEvent>()
  readonly ready: Promise<void>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiting = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>()
  readonly #ended: Promise<void>
  #over = false
  #count = 0
  #complaints = ''

  constructor(child: ChildProcessWithoutNullStreams) {
    this.#child = child
    child.stderr.on('data', (data: Buffer) => (this.#complaints += data.toString()))
    child.stdin.on('error', () => undefined)
    this.ready = new Promise((resolve, reject) => this.#waiting.set(0, { resolve: () => resolve(), reject }))
    child.stdout.setEncoding('utf8').on(
      'data',
      lines((line) => this.#take(JSON.parse(line) as Reply)),
    )
    this.#ended = new Promise((resolve) =>
      child.on('close', (code) => {
        this.#over = true
        const error = new Error(`The container ended with ${code}: ${this.#complaints.trim()}`)
        for (const { reject } of this.#waiting.values()) reject(error)
        this.#waiting.clear()
        this.events.end()
        resolve()
      }),
    )
  }

  async ask(method: Method, args: readonly unknown[]): Promise<unknown> {
    if (this.#over) throw new Error('The container has ended')
    const id = ++this.#count
    const signals = args.map((each) => (each as { signal?: AbortSignal } | undefined)?.signal)
    const signal = signals.find((each) => each !== undefined)
    const plain = args.map((each, index) => revealed(signals[index] === undefined ? each : { ...(each as object), signal: undefined }))
    const cancel = () => this.#send({ cancel: id })
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      return await new Promise((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject })
        this.#send({ id, method, args: plain, aborted: signal?.aborted ?? false })
      })
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }
  async close(): Promise<void> {
    if (!this.#over) await this.ask('close', [])
    this.#child.stdin.end()
    // A closed attacher keeps no process alive.
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    await this.#ended
    clearTimeout(timer)
    if (this.#child.exitCode !== 0) throw new Error(`The container did not end by itself after close(): ${this.#complaints.trim()}`)
  }

  #send(request: Request): void {
    this.#child.stdin.write(`${JSON.stringify(request)}\n`)
  }
  #take(reply: Reply): void {
    if ('event' in reply) {
      this.events.push(reply.event)
      return
    }
    const id = 'ready' in reply ? 0 : reply.id
    const caller = this.#waiting.get(id)
    this.#waiting.delete(id)
    if ('ready' in reply) caller?.resolve(undefined)
    else if (reply.failure !== undefined) caller?.reject(fromFailure(reply.failure))
    else caller?.resolve(reply.answer)
  }
}
