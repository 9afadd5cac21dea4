import {
  type Attacher,
  type CinderConnector,
  fromCinder,
  policyFromCinder,
  toCinderConnector,
  toCinderDeviceInfo,
} from '../../../../lib/index.js'

interface ConnectionData extends Readonly<Record<string, unknown>> {
  readonly volume_id: string
}
// Nova opens the encryption of a volume itself, on top of the device.
const connectionOf = (data: ConnectionData) => fromCinder({ driver_volume_type: 'iscsi', data }, { encryption: 'caller' })

export async function connectorProperties(attacher: Attacher, ip: string, multipath: boolean): Promise<CinderConnector> {
  return toCinderConnector(await attacher.identity(), { ip, multipath, enforceMultipath: false })
}

export async function connectVolume(attacher: Attacher, data: ConnectionData, useMultipath: boolean) {
  // `enforce_multipath` of the data is `multipath: 'require'`.
  const policy = useMultipath ? policyFromCinder(data) : { multipath: 'never' as const }
  // Cinder's connection_info has no WWID. If you know it, pass `expected: { wwid }` too: then no other volume is returned.
  return toCinderDeviceInfo(await attacher.attach({ id: data.volume_id, connection: connectionOf(data), policy }))
}

export async function disconnectVolume(attacher: Attacher, data: ConnectionData, force = false): Promise<void> {
  await attacher.detach({ connection: connectionOf(data) }, { force })
}

export async function extendVolume(attacher: Attacher, data: ConnectionData): Promise<number> {
  return (await attacher.resize({ connection: connectionOf(data) })).sizeBytes
}
