/** Titles of the clauses that need paths. For a connector of one device they are not applicable. */
import { BELOW, TOP } from './kinds-of-use.js'
import { MAPS } from './stage.js'

const OF_MAPS = [
  'has both paths, leads to the volume, and leaves nothing after the detach',
  'is degraded while a path is down, and goes while it is',
  'gets a path that comes up late',
  'gets a path by a heal that was down until its attach had given it up, and loses none by it',
  'refuses fewer paths than the policy asks for, and puts everything back',
  'tells when a path fails and when it is back',
  'is put back when the caller aborts, at each step',
]
export const clausesAboutPaths: readonly string[] = [
  ...Object.keys(MAPS).flatMap((kind) => OF_MAPS.map((title) => `${kind}: ${title}`)),
  ...Object.entries(TOP).flatMap(([kind, { ofDisk }]) => (ofDisk === true ? [] : [`is refused while it is used: map: ${kind}`])),
  ...['a path', 'the other path'].flatMap((place) =>
    Object.keys(BELOW).map((kind) => `is refused while it is used: ${place} of the map: ${kind}`),
  ),
  'map: loses its paths by force under a program that only has it open, and goes when that ends',
  'two owners share the map, and it goes with the last of them',
  'a map grows with its paths',
  ...['attach', 'detach'].map((verb) => `after a crash at any call: map, ${verb}, at each seventh call`),
]
/** Titles of the clauses that need a node of sg or bsg. */
export const clausesAboutScsiNodes: readonly string[] = Object.entries(TOP).flatMap(([kind, { ofDisk }]) =>
  ofDisk === true ? [`is refused while it is used: single path: ${kind}`] : [],
)
