/** What the scenarios of the doctor note. */
import type { DoctorAnswer, DoctorCall } from '../../lib/index.js'
import type { Story } from '../play/scenario.js'
import type { World } from './world.js'

/** Notes the answers of these checks, and the code of a problem. Texts differ between hosts. */
export async function examine(
  world: World,
  story: Story,
  what: string,
  ids: readonly string[],
  call: DoctorCall = {},
): Promise<DoctorAnswer[]> {
  await using attacher = await world.attacher()
  const { checks } = await attacher.doctor({ timeoutMs: 60_000, ...call })
  const found = ids.map((id) => checks.find((check) => check.id === id))
  story.note(
    what,
    found.map((check, index) => `${ids[index]} ${check?.answer ?? 'missing'}${check?.code === undefined ? '' : ` ${check.code}`}`),
  )
  return found.map((check) => check?.answer ?? 'unknown')
}
