// Applies patches of bugs: exactly, by Git, in a folder that is not a repository.
import { execFileSync } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Throws if the patch does not fit. Git must not find a repository above the folder: it would skip files that the repository doesn't track.
 * @param {string} folder @param {string} patch file @param {...string} how
 */
export function applyPatch(folder, patch, ...how) {
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(realpathSync(folder)) }
  execFileSync('git', ['apply', ...how, patch], { cwd: folder, env, stdio: 'pipe' })
}
