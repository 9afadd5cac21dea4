import type { Host, Log } from './core/host.js'
import { BrickworkError } from './core/errors.js'
import { createHost } from './host/create-host.js'

/** This machine. @throws `ERR_UNSUPPORTED_PLATFORM` if it does not run Linux. */
export function ownHost(log?: Log): Host {
  if (process.platform !== 'linux')
    throw new BrickworkError('ERR_UNSUPPORTED_PLATFORM', `Brickwork attaches volumes to Linux hosts; this is ${process.platform}`, {
      details: { platform: process.platform },
    })
  return createHost(log === undefined ? {} : { log })
}
