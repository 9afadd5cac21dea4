/** Host names in /etc/hosts, which the guest's resolver reads first. */
import { readFile, writeFile } from 'node:fs/promises'

const FILE = '/etc/hosts'

export class HostNames {
  readonly #names = new Map<string, readonly string[]>()
  #shipped: string | undefined

  async set(name: string, addresses: readonly string[]): Promise<void> {
    this.#shipped ??= await readFile(FILE, 'utf8').catch(() => '')
    this.#names.set(name, addresses)
    const lines = [...this.#names].flatMap(([each, its]) => its.map((address) => `${address} ${each}\n`))
    await writeFile(FILE, `${this.#shipped.trimEnd()}\n${lines.join('')}`)
  }
  async forget(): Promise<void> {
    this.#names.clear()
    if (this.#shipped !== undefined) await writeFile(FILE, this.#shipped)
  }
}
