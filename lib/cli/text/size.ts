const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const

/** `1 GiB`, `1.5 TiB`, `512 B`: at most one decimal, none where it would be 0. */
export function formatSize(bytes: number): string {
  let index = 0
  let value = bytes
  // Rounding may reach the next unit: 1023.96 KiB is 1 MiB.
  while (index < UNITS.length - 1 && Math.round(value * 10) >= 10_240) {
    value /= 1024
    index += 1
  }
  return `${Math.round(value * 10) / 10} ${UNITS[index] ?? ''}`
}
