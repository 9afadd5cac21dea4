/** Errors of the files and directories of the state: which of them failed, and what to do. */
import { BrickworkError, isBrickworkError } from '../core/errors.js'

/**
 * Runs a call on a file or directory of journal or claims. A full, read-only or broken disk is `ERR_STATE`. A refusal stays
 * `ERR_PERMISSION`: the file is in order, and must not be moved away.
 */
export async function accessing<T>(what: 'file' | 'directory', path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!isBrickworkError(error, 'ERR_KERNEL')) throw error
    throw new BrickworkError('ERR_STATE', `State ${what} ${path} cannot be used: ${error.message}`, {
      details: { file: path },
      cause: error,
    })
  }
}

/** Whether a file of the state could not be read, or has a content that cannot be used. */
export function isUnusable(error: unknown): error is BrickworkError {
  return isBrickworkError(error, 'ERR_STATE') || isBrickworkError(error, 'ERR_PERMISSION')
}

/** The file that such an error is about. */
export function fileOf({ details, message }: BrickworkError): string {
  const file = details['file'] ?? details['path']
  return typeof file === 'string' ? file : message
}
