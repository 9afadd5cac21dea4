import type { FileTree } from '../files/file-tree.js'

const LIMITS =
  'Limit                     Soft Limit           Hard Limit           Units\nMax open files            1048576              1048576              files'
const HOST_MOUNT_NAMESPACE = 'mnt:[4026531841]'

/** `/proc`, one directory for each process. */
export class Processes {
  readonly #tree: FileTree
  readonly #mountinfo: (namespace: string) => string
  #last = 1

  /** @param mountinfo the mount table of a mount namespace, as `/proc/PID/mountinfo` shows it. */
  constructor(tree: FileTree, mountinfo: (namespace: string) => string) {
    this.#tree = tree
    this.#mountinfo = mountinfo
  }
  start(command: string, argv: readonly string[], options: { readonly mountNamespace?: string } = {}): number {
    const pid = this.#last === 1 ? (this.#last = 400) : ++this.#last
    this.add(pid, command, argv, options)
    return pid
  }
  add(
    pid: number,
    command: string,
    argv: readonly string[],
    { mountNamespace = HOST_MOUNT_NAMESPACE }: { readonly mountNamespace?: string } = {},
  ): void {
    const tree = this.#tree
    tree.file(`/proc/${pid}/comm`, command.slice(0, 15))
    tree.file(`/proc/${pid}/cmdline`, new TextEncoder().encode(argv.map((word) => `${word}\0`).join('')))
    this.setState(pid, command, 'S')
    tree.link(`/proc/${pid}/root`, '/')
    tree.file(`/proc/${pid}/status`, `Name:\t${command.slice(0, 15)}\nUid:\t0\t0\t0\t0\nCapEff:\t000001ffffffffff`)
    tree.file(`/proc/${pid}/uid_map`, '         0          0 4294967295')
    tree.file(`/proc/${pid}/limits`, LIMITS)
    tree.link(`/proc/${pid}/ns/mnt`, mountNamespace)
    tree.link(`/proc/${pid}/ns/net`, 'net:[4026531840]')
    tree.link(`/proc/${pid}/ns/pid`, 'pid:[4026531836]')
    tree.file(`/proc/${pid}/mountinfo`, () => this.#mountinfo(mountNamespace))
  }
  /** `D`: the process waits for I/O. `T`: a signal has stopped it. Start times (field 22) differ as process ids do. */
  setState(pid: number, command: string, state: 'S' | 'D' | 'T'): void {
    const counts = '0 '.repeat(13)
    this.#tree.file(`/proc/${pid}/stat`, `${pid} (${command.slice(0, 15)}) ${state} 1 ${pid} ${pid} 0 -1 ${counts}${pid} 0 0`)
  }
  end(pid: number): void {
    this.#tree.remove(`/proc/${pid}`)
  }
  get hostNamespace(): string {
    return HOST_MOUNT_NAMESPACE
  }
  newNamespace(): string {
    return `mnt:[${4026532200 + ++this.#last}]`
  }
}
