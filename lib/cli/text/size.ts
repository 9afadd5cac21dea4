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

/** Bytes of `1073741824`, `1G`, `1.5TiB`, in powers of 1024 as in lvm and lsblk; `undefined` for any other text, and for a part of a byte. */
export function parseSize(text: string): number | undefined {
  const match = /^([0-9]+(?:\.[0-9]+)?)([KMGTPE](?:i?B)?|[KMGTPE]i|B)?$/i.exec(text)
  if (match === null) return undefined
  const index = UNITS.findIndex((unit) => unit.startsWith((match[2] ?? 'B').slice(0, 1).toUpperCase()))
  const bytes = Number(match[1]) * 1024 ** index
  return Number.isSafeInteger(bytes) ? bytes : undefined
}
