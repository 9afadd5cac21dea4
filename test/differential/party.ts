/** A party of a situation: os-brick, or Brickwork behind the same calls. */

/** The `data` of Cinder's connection_info. */
export type ConnectionData = Readonly<Record<string, unknown>>
/** The answer of `connect_volume`. */
export interface DeviceInfo {
  readonly type: string
  readonly path: string
  readonly scsi_wwn: string
  readonly multipath_id?: string
}
export interface ConnectOptions {
  /** os-brick's `use_multipath`. */
  readonly multipath: boolean
}
export interface DisconnectOptions extends ConnectOptions {
  readonly force: boolean
  /** Only with `force`: the caller ignores errors. */
  readonly ignoreErrors: boolean
}
/** `failed` is the name of the exception, or the code of the error. */
export type Answer<T> = { readonly value: T } | { readonly failed: string; readonly message: string }

export interface Party {
  readonly name: 'os-brick' | 'Brickwork'
  connect(data: ConnectionData, options: ConnectOptions): Promise<Answer<DeviceInfo>>
  disconnect(data: ConnectionData, deviceInfo: DeviceInfo | null, options: DisconnectOptions): Promise<Answer<null>>
  /** Returns the new size in bytes. */
  extend(data: ConnectionData, options: ConnectOptions): Promise<Answer<number | null>>
  close(): Promise<void>
}
