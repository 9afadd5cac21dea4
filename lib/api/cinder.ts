/** What OpenStack's Nova and Cinder tell each other about a host. */

/** What `fromCinder()` can't read from the connection. */
export interface FromCinderOptions {
  /**
   * `caller`: the caller opens the encryption of the volume itself, on top of the device. Without it, an encrypted volume (`encrypted: true`)
   * is refused with `ERR_UNSUPPORTED`, since its device shows only ciphertext.
   */
  readonly encryption?: 'caller' | undefined
}

/** What {@link toCinderConnector} can't read from the host: settings of the caller. */
export interface CinderConnectorOptions {
  /** Address by which the storage reaches this host: Nova's `my_block_storage_ip`. */
  readonly ip: string
  /** Name of the host in OpenStack. Default: the host name of the identity. */
  readonly host?: string | undefined
  /** Whether volumes are attached over several paths: Nova's `volume_use_multipath`. */
  readonly multipath: boolean
  /** Whether an attach without multipath fails: Nova's `volume_enforce_multipath`. */
  readonly enforceMultipath: boolean
  /**
   * Whether Ceph's volumes are mapped as block devices.
   * @default false
   */
  readonly doLocalAttach?: boolean | undefined
}

/**
 * The connector of OpenStack, as os-brick's `get_connector_properties()` returns it. A key whose value is not known is left out.
 * os-brick's `found_dsc`, `host_ips` and `sdc_guid` come from daemons and drivers of vendors, and are never there.
 */
export interface CinderConnector {
  /** Architecture of the kernel. */
  platform: string
  /** Kind of the operating system. */
  os_type: 'linux'
  /** As in {@link CinderConnectorOptions.ip}. */
  ip: string
  /** As in {@link CinderConnectorOptions.host}. */
  host?: string
  /** As in {@link CinderConnectorOptions.multipath}. */
  multipath: boolean
  /** As in {@link CinderConnectorOptions.enforceMultipath}. */
  enforce_multipath: boolean
  /** iSCSI initiator name. */
  initiator?: string
  /** World-wide port names of the Fibre Channel ports that are online. */
  wwpns?: string[]
  /** World-wide node names of these ports, in the same order. */
  wwnns?: string[]
  /** NVMe qualified name of the host. */
  nqn?: string
  /** NVMe host identifier. */
  nvme_hostid?: string
  /** Whether the kernel combines the paths of an NVMe namespace. */
  nvme_native_multipath: boolean
  /** UUID of the root file system. */
  uuid?: string
  /** UUID of the machine. */
  'system uuid'?: string
  /** As in {@link CinderConnectorOptions.doLocalAttach}. */
  do_local_attach: boolean
}
