import { type Designator, formatDesignator } from './vpd.js'

/**
 * A WWID in one spelling: `naa.6…`, `0x6…` and `36…` are the same, and so are `eui.…` and `2…`. Text of other kinds (`t10.…`, `1…`, a bare serial)
 * only loses case and surrounding space.
 */
export function normalWwid(text: string): string {
  const bare = text.trim().toLowerCase()
  const [, prefix, value] = /^(naa\.|eui\.|0x)([0-9a-f]+)$/.exec(bare) ?? []
  if (value !== undefined) return `${prefix === 'eui.' ? '2' : '3'}${value}`
  return bare
}

/** Whether the device that shows these designators is the one that `expected` names, by any of them. */
export function showsWwid(designators: readonly Designator[], expected: string): boolean {
  const wanted = normalWwid(expected)
  return designators.some((designator) => normalWwid(formatDesignator(designator)) === wanted)
}
