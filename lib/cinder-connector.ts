import type { CinderConnector, CinderConnectorOptions } from './api/cinder.js'
import type { HostIdentity } from './api/identity.js'
import { BrickworkError } from './core/errors.js'
import { type OptionKinds, requireKnownOptions } from './core/known-options.js'

/** State of a Fibre Channel port with a link. */
const ONLINE = 'Online'

const kinds: OptionKinds<CinderConnectorOptions> = {
  ip: 'any',
  host: 'any',
  multipath: 'boolean',
  enforceMultipath: 'boolean',
  doLocalAttach: 'boolean',
}

/**
 * Converts the identity of a host to the connector that OpenStack's Cinder expects, with the keys of os-brick's
 * `get_connector_properties()`. It reads nothing.
 *
 *     const connector = toCinderConnector(await attacher.identity(), { ip: '192.0.2.21', multipath: true, enforceMultipath: false })
 *
 * @throws {@link BrickworkError} `ERR_INVALID_ARGUMENT` if `ip` is empty, or if an option is not known.
 */
export function toCinderConnector(identity: HostIdentity, options: CinderConnectorOptions): CinderConnector {
  requireKnownOptions(options, kinds, 'toCinderConnector()')
  const { ip, multipath, enforceMultipath, doLocalAttach = false } = options
  const { architecture, iscsi, nvme, fc, systemUuid, rootFilesystemUuid } = identity
  if (typeof ip !== 'string' || ip === '')
    throw new BrickworkError('ERR_INVALID_ARGUMENT', 'ip: must be an address of this host', { details: { field: 'ip' } })
  const host = options.host ?? identity.hostname
  const online = (fc?.ports ?? []).filter(({ state }) => state === ONLINE)
  return {
    platform: architecture,
    os_type: 'linux',
    ip,
    ...(host === undefined ? {} : { host }),
    multipath,
    enforce_multipath: enforceMultipath,
    ...(iscsi === undefined ? {} : { initiator: iscsi.initiatorName }),
    ...(online.length === 0 ? {} : { wwpns: online.map(({ wwpn }) => wwpn), wwnns: online.map(({ wwnn }) => wwnn) }),
    ...(nvme === undefined ? {} : { nqn: nvme.hostNqn, nvme_hostid: nvme.hostId }),
    nvme_native_multipath: nvme?.nativeMultipath ?? false,
    ...(rootFilesystemUuid === undefined ? {} : { uuid: rootFilesystemUuid }),
    ...(systemUuid === undefined ? {} : { 'system uuid': systemUuid }),
    do_local_attach: doLocalAttach,
  }
}
