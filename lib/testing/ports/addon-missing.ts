import { BrickworkError } from '../../core/errors.js'

export function addonMissing(): BrickworkError {
  return new BrickworkError('ERR_NATIVE_UNAVAILABLE', 'FakeHost was created without the native addon')
}
