/** Another program that has the volume as its own map. */
import { eventually } from './four.js'
import type { MapSeen, World } from './world.js'

/** Logs in at the portals, and makes multipathd create a map of the disks. */
export async function foreignMap(world: World, iqn: string, portals: readonly string[]): Promise<MapSeen> {
  const before = await world.disks()
  for (const portal of portals) await world.foreignLogin(iqn, portal)
  const added = async () => (await world.disks()).filter((name) => !before.includes(name))
  await eventually(world, 'its disks', async () => (await added()).length === portals.length)
  const [disk = ''] = await added()
  const kernelWwid = (await world.readText(`/sys/class/block/${disk}/device/wwid`))?.trim() ?? ''
  const uuid = `mpath-3${kernelWwid.replace(/^naa\./, '')}`
  const map = async () => (await world.maps()).find((each) => each.uuid === uuid)
  await eventually(world, 'its map', async () => {
    if ((await map()) === undefined) await world.tellMultipathd(`add map ${uuid.slice('mpath-'.length)}`)
    return (await map())?.paths.length === portals.length
  })
  const made = await map()
  if (made === undefined) throw new Error('its map is gone')
  return made
}

/** The map's block device: `/dev/dm-0`. */
export async function deviceOfMap(world: World, name: string): Promise<string> {
  for (const block of (await world.list('/sys/block')).filter((each) => each.startsWith('dm-')))
    if ((await world.readText(`/sys/block/${block}/dm/name`))?.trim() === name) return `/dev/${block}`
  throw new Error(`No map is called ${name}`)
}
