/** Names by which storage systems know this host. A protocol for which the host has no name is absent. */
export interface HostIdentity {
  /** Host name from `/proc/sys/kernel/hostname`; `null` if it cannot be read. */
  readonly hostname: string | null
  /** Id of this boot from `/proc/sys/kernel/random/boot_id`; `null` if it cannot be read. */
  readonly bootId: string | null
  /** Content of `/etc/machine-id`; `null` if there is none. */
  readonly machineId: string | null
  /** iSCSI name of the host. Absent if open-iscsi has no `InitiatorName`. */
  readonly iscsi?: {
    /** `InitiatorName` of open-iscsi: `iqn.1993-08.org.debian:01:…`. */
    readonly initiatorName: string
  }
  /** What could not be read, with the reason: `/etc/iscsi/initiatorname.iscsi (no permission)`. */
  readonly unseen: readonly string[]
}
