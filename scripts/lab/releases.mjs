// The usual names of the guests' distributions.

const RELEASES = new Map([
  ['bookworm', 'Debian 12'],
  ['trixie', 'Debian 13'],
])

/** @param {string} distribution Debian's code name */
export const releaseOf = (distribution) => RELEASES.get(distribution) ?? distribution
