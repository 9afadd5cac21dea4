// How commands of `scripts/` end.
import { LabError } from './lab/run.mjs'

/**
 * Runs a command. The exit code is what `main` returns. It prints a `LabError` without its stack, and other errors with it.
 * @param {() => Promise<number> | number} main
 * @param {{ failed?: number, onError?: () => void }} [options] failed: the exit code after an error; a wrong usage is always 2
 */
export async function runMain(main, { failed = 1, onError = () => undefined } = {}) {
  try {
    process.exitCode = await main()
  } catch (error) {
    console.error(error instanceof LabError ? error.message : error)
    onError()
    process.exitCode = error instanceof LabError && error.code === 'USAGE' ? 2 : failed
  }
}
