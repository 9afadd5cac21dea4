/** Samples the main thread with V8's profiler. */
import { Session, type Profiler } from 'node:inspector/promises'

export type Profile = Profiler.Profile

export async function profiled(run: () => Promise<unknown>, intervalUs: number): Promise<Profile> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.setSamplingInterval', { interval: intervalUs })
    await session.post('Profiler.start')
    await run()
    return (await session.post('Profiler.stop')).profile
  } finally {
    session.disconnect()
  }
}
