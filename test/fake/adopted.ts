/** Helpers for the tests of adopted disks. */
import { expect } from 'vitest'
import type { FakeWorld } from '../world/fake/world.js'
import { toyRequest, type Toy } from './toy-world.js'

/** Addresses of the volume's disks at each port. */
export const LEFT = '0:0:3:1'
export const RIGHT = '0:1:3:1'

export const onLeft = (id: string) => toyRequest(id, { ports: ['left'] })
export const disks = async ({ world }: Toy) => (await world.leftovers()).disks
/** The origin of each disk that the claim of the attachment names, by key. */
export const origins = async (world: FakeWorld, id: string): Promise<Record<string, string>> => {
  const claims = (await world.list(`${world.runDir}/claims`)).map((name) => world.host.text(`${world.runDir}/claims/${name}`) ?? '{}')
  const entries = claims.map((text) => JSON.parse(text) as { id: string; objects: { kind: string; key: string; origin: string }[] })
  const { objects } = entries.find((entry) => entry.id === id) ?? { objects: [] }
  return Object.fromEntries(objects.filter(({ kind }) => kind === 'disk').map(({ key, origin }) => [key, origin]))
}
/** Nothing that Brickwork created is left. */
export async function ended(toy: Toy): Promise<void> {
  const { world } = toy
  await world.close()
  expect(await world.list(`${world.stateDir}/attachments`)).toEqual([])
  expect(await world.list(`${world.runDir}/claims`)).toEqual([])
  expect([world.host.locked, world.host.users.holds]).toEqual([[], []])
  world.host.verify()
}
