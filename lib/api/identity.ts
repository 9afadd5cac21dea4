/** By what storage knows this host. A protocol that the host has no name for is absent. */
export interface HostIdentity {
  readonly hostname: string | null
  readonly bootId: string | null
  readonly machineId: string | null
  /** Absent where open-iscsi has no `InitiatorName`. */
  readonly iscsi?: { readonly initiatorName: string }
}
