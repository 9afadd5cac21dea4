/** The connection of the toy transport. The library's own union does not contain it, so all casts are here. */
import { z } from '../../../lib/connection/zod.js'
import type { Connection } from '../../../lib/index.js'
import type { ConnectionForm } from '../../../lib/connection/form.js'

/** One LUN of one target, over ports of this host. */
export interface ToyConnection {
  readonly protocol: 'toy'
  readonly target: string
  readonly ports: readonly string[]
  readonly lun: number
}

export const toyForm: ConnectionForm = {
  protocol: 'toy' as Connection['protocol'],
  schema: z.strictObject({
    protocol: z.literal('toy'),
    target: z.string(),
    ports: z.array(z.string().regex(/^[a-z]+$/)).min(1),
    lun: z.int().min(0),
  }),
  canonical: (connection) => ({ ...toyOf(connection) }),
  describe: (connection) => {
    const { target, ports, lun } = toyOf(connection)
    return ports.map((port) => `${target} LUN ${lun} at ${port}`)
  },
}

/** Casts to the library's type. */
export function toyConnection(connection: Omit<ToyConnection, 'protocol'>): Connection {
  return { protocol: 'toy', ...connection } as unknown as Connection
}
/** Only for connections that {@link toyForm} has checked. */
export function toyOf(connection: { readonly protocol: string }): ToyConnection {
  return connection as unknown as ToyConnection
}
