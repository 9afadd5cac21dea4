import type { z } from 'zod'
import type { Connection } from '../api/connection.js'

/** A connection as it is recorded and compared: without secrets, each value in one spelling. */
export interface CanonicalConnection {
  readonly protocol: string
  readonly [field: string]: unknown
}

/** The inputs of one protocol: their schemas, their canonical form and their description. */
export interface ConnectionForm<C extends { readonly protocol: string } = Connection> {
  readonly protocol: C['protocol']
  /** Schema of the connection. */
  readonly schema: z.core.$ZodTypeDiscriminable
  /** Schema of the connection where it only names an attachment: secrets may be missing. Default: `schema`. */
  readonly reference?: z.core.$ZodTypeDiscriminable
  /** Schema of the credentials, if the protocol has any. */
  readonly auth?: z.ZodType
  /** The protocol's part of the policy and of an attacher's limits. Every key is optional. */
  readonly policy?: ProtocolSettings
  readonly limits?: ProtocolSettings
  /** How OpenStack Cinder describes a volume of this protocol. */
  readonly cinder?: CinderForm
  /** The part of a valid connection that this version cannot do; `undefined` if it can do all of it. Default: it can. */
  unsupported?(connection: C): Unsupported | undefined
  canonical(connection: C): CanonicalConnection
  /** A line of text for each path that the connection names. */
  describe(connection: CanonicalConnection): readonly string[]
}
/** A field of a connection, and why it is not supported. The message never contains the value. */
export interface Unsupported {
  readonly field: string
  readonly message: string
}
export interface ProtocolSettings {
  readonly schema: z.ZodType
  readonly defaults: Readonly<Record<string, unknown>>
}
export interface CinderForm {
  /** Values of `driver_volume_type`. */
  readonly types: readonly string[]
  /** Whether `data` without a type belongs to this protocol. */
  readonly isDefault?: boolean
  /** Returns the connection, not checked yet. @throws `ERR_INVALID_ARGUMENT` naming the field. */
  parse(type: string, data: unknown): unknown
}
