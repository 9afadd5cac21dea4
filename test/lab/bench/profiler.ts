/** What the main thread is busy with, sampled by V8; what it writes opens in the developer tools of a browser. */
import { writeFile } from 'node:fs/promises'
import { Session } from 'node:inspector/promises'

const INTERVAL_US = 1000

export async function profiled<T>(what: () => Promise<T>, file: string): Promise<T> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('Profiler.start')
  try {
    return await what()
  } finally {
    const { profile } = await session.post('Profiler.stop')
    session.disconnect()
    await writeFile(file, JSON.stringify(profile))
  }
}
