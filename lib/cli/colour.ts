/** Decides whether an output has colours. */

/**
 * - `NO_COLOR`, set and not empty: no colours (https://no-color.org)
 * - `FORCE_COLOR`, set and not empty: colours, also in a pipe or a file; `0` and `false` mean none (https://force-color.org, and Node.js's
 *   `tty.getColorDepth()` for these two)
 * - else: on a terminal that `TERM` does not call `dumb`
 */
export function usesColour(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): boolean {
  const { NO_COLOR = '', FORCE_COLOR = '', TERM } = env
  if (NO_COLOR !== '') return false
  if (FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
  return isTerminal && TERM !== 'dumb'
}
