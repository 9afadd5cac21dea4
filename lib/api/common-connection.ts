/** Fields of every connection. */
export interface CommonConnection {
  /**
   * `ro` makes the device read-only, like {@link Policy.access}. If either of them says `ro`, the device is read-only. Connections that
   * differ only here name the same volume. Default: the access of the policy.
   */
  readonly access?: 'rw' | 'ro' | undefined
}
