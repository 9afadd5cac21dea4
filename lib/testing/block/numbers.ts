/** Numbers that are reused as soon as they are free, the lowest first: SCSI hosts, disks, sg nodes, maps. */
export class LowestFree {
  readonly #used = new Set<number>()

  take(): number {
    let number = 0
    while (this.#used.has(number)) number += 1
    this.#used.add(number)
    return number
  }
  /** Takes this particular number. */
  reserve(number: number): void {
    this.#used.add(number)
  }
  free(number: number): void {
    this.#used.delete(number)
  }
}

/** 0 → `sda`, 26 → `sdaa` */
export function diskName(index: number): string {
  let letters = ''
  for (let remaining = index; remaining >= 0; remaining = Math.floor(remaining / 26) - 1)
    letters = String.fromCharCode(97 + (remaining % 26)) + letters
  return `sd${letters}`
}
const SD_MAJORS = [8, 65, 66, 67, 68, 69, 70, 71, 128, 129, 130, 131, 132, 133, 134, 135]
const DISKS_PER_MAJOR = 16

/** 0 → `8:0`, 1 → `8:16`, 16 → `65:0`. Beyond 256 disks, the minors continue from 256 in the same majors. */
export function diskDevice(index: number): string {
  const major = SD_MAJORS[Math.floor(index / DISKS_PER_MAJOR) % SD_MAJORS.length] ?? 8
  const round = Math.floor(index / (DISKS_PER_MAJOR * SD_MAJORS.length))
  return `${major}:${(index % DISKS_PER_MAJOR) * 16 + round * 256}`
}
