/** What both demonstrations measure and wait for. */
const KIB = 1024

export async function within(limitMs: number, condition: () => Promise<boolean>): Promise<boolean> {
  for (const givenUpAt = performance.now() + limitMs; performance.now() < givenUpAt; ) {
    if (await condition()) return true
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  return false
}
/** Prints the closing line of an operation before the next ones. */
export async function lastLine(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
}
export function kib(bytes: number): string {
  return `${Math.round(bytes / KIB)} KiB`
}
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
