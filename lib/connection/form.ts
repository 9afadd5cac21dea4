import type { z } from 'zod'
import type { Connection } from '../api/connection.js'

/** A connection as it is recorded and compared: no secrets, one spelling for each thing. */
export interface CanonicalConnection {
  readonly protocol: string
  readonly [field: string]: unknown
}

/** What callers pass for one protocol: checked, and in the forms that it has. */
export interface ConnectionForm<C extends Connection = Connection> {
  readonly protocol: C['protocol']
  /** Of the whole connection. */
  readonly schema: z.core.$ZodTypeDiscriminable
  /** Of its credentials, where it has any. */
  readonly auth?: z.ZodType
  /** Of its part of a policy and of an attacher's limits; every key is optional. */
  readonly policy?: ProtocolSettings
  readonly limits?: ProtocolSettings
  /** How OpenStack Cinder describes such a volume. */
  readonly cinder?: CinderForm
  canonical(connection: C): CanonicalConnection
  /** In words: a line for each path that the connection names. */
  describe(connection: CanonicalConnection): readonly string[]
}
export interface ProtocolSettings {
  readonly schema: z.ZodType
  readonly defaults: Readonly<Record<string, unknown>>
}
export interface CinderForm {
  /** Values of `driver_volume_type`. */
  readonly types: readonly string[]
  /** Whether `data` alone, without a type, is of this protocol. */
  readonly isDefault?: boolean
  /** The connection, still to be checked. @throws `ERR_INVALID_ARGUMENT` naming the field. */
  parse(type: string, data: unknown): unknown
}
