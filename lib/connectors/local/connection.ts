/** The connection of a device that the host has already. */
import { z } from 'zod'
import type { LocalConnection } from '../../api/connection.js'
import { line } from '../../connection/check.js'
import { parseCinderData } from '../../connection/cinder.js'
import type { ConnectionForm } from '../../connection/form.js'

const local = z.strictObject({
  protocol: z.literal('local'),
  path: line(4096).refine((path) => path.startsWith('/dev/') && !path.split('/').includes('..'), 'must be an absolute path below /dev'),
})
const cinderData = z.object({ device_path: z.string().nullish() })

export const localForm: ConnectionForm<LocalConnection> = {
  protocol: 'local',
  schema: local,
  cinder: { types: ['local'], parse: (_, data) => ({ protocol: 'local', path: parseCinderData(cinderData, data).device_path }) },
  canonical: ({ path }) => ({ protocol: 'local', path }),
  describe: ({ path }) => [String(path)],
}
