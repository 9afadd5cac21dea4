/** The connection of a device that is on the host already. */
import { z } from '../../connection/zod.js'
import type { LocalConnection } from '../../api/connection.js'
import { accessMode, line } from '../../connection/check.js'
import { accessOfCinder, cinderAccess, parseCinderData } from '../../connection/cinder.js'
import type { ConnectionForm } from '../../connection/form.js'
import { lazy } from '../../core/lazy.js'

const local = lazy(() =>
  z.strictObject({
    protocol: z.literal('local'),
    path: line(4096).refine((path) => path.startsWith('/dev/') && !path.split('/').includes('..'), 'must be an absolute path below /dev'),
    access: accessMode(),
  }),
)
const cinderData = lazy(() => z.object({ device_path: z.string().nullish(), ...cinderAccess() }))

export const localForm: ConnectionForm<LocalConnection> = {
  protocol: 'local',
  get schema() {
    return local()
  },
  cinder: {
    types: ['local'],
    parse: (_, data) => {
      const { device_path: path, access_mode: mode } = parseCinderData(cinderData(), data)
      return { protocol: 'local', path, ...accessOfCinder(mode) }
    },
  },
  canonical: ({ path }) => ({ protocol: 'local', path }),
  describe: ({ path }) => [String(path)],
}
