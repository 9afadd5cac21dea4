// How patches of bugs are applied: exactly, by Git, in a folder that is no repository.
import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Throws when the patch does not fit. A repository above the folder is not looked for: there Git would skip files that it doesn't track.
 * @param {string} folder @param {string} patch file @param {...string} how
 */
export function applyPatch(folder, patch, ...how) {
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(realpathSync(folder)) }
  execFileSync('git', ['apply', ...how, patch], { cwd: folder, env, stdio: 'pipe' })
}
