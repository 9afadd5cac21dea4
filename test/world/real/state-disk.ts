/** A small disk for a state directory, and the faults that it can have. */
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import type { DiskState } from '../world.js'
import { must, run } from './shell.js'

const IMAGE = '/run/lab-state-disk'
const SIZE_MB = 4

export class StateDisk {
  #mountPoint: string | undefined

  /** Creates it at the first call. */
  async set(mountPoint: string, state: DiskState): Promise<void> {
    if (this.#mountPoint === undefined) await this.#make(mountPoint)
    const filler = `${mountPoint}/filler`
    switch (state) {
      case 'good':
        if (!(await isMounted(mountPoint))) await this.#mount(mountPoint)
        await must(['mount', '-o', 'remount,rw', mountPoint])
        await rm(filler, { force: true })
        return
      case 'full':
        // dd ends with 1 when nothing more fits. The block size becomes smaller, so that afterwards not even an inode's block is free.
        for (const size of ['64k', '1k']) await run(['dd', 'if=/dev/zero', `of=${filler}`, 'oflag=append', 'conv=notrunc', `bs=${size}`])
        await must(['sync', '-f', mountPoint])
        return
      case 'read-only':
        await must(['mount', '-o', 'remount,ro', mountPoint])
        return
      case 'lost':
        await must(['umount', '--lazy', mountPoint])
        return
    }
  }
  async remove(): Promise<void> {
    if (this.#mountPoint !== undefined && (await isMounted(this.#mountPoint))) await must(['umount', '--lazy', this.#mountPoint])
    await rm(IMAGE, { force: true })
    this.#mountPoint = undefined
  }

  async #make(mountPoint: string): Promise<void> {
    await must(['modprobe', 'loop'])
    await writeFile(IMAGE, '')
    await must(['truncate', '-s', `${SIZE_MB}M`, IMAGE])
    await must(['mkfs.ext4', '-q', '-F', '-O', '^has_journal', IMAGE])
    await this.#mount(mountPoint)
    this.#mountPoint = mountPoint
  }
  async #mount(mountPoint: string): Promise<void> {
    if (!existsSync(mountPoint)) await mkdir(mountPoint, { recursive: true })
    await must(['mount', '-o', 'loop', IMAGE, mountPoint])
  }
}

async function isMounted(path: string): Promise<boolean> {
  return (await run(['mountpoint', '-q', path])).code === 0
}
