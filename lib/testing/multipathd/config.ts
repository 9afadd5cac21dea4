/** The part of multipath.conf that the model knows. */
export interface MultipathConfig {
  /**
   * Which volumes get a map without a request. `strict`, as shipped: only those in `/etc/multipath/wwids`.
   * @default 'strict'
   */
  readonly findMultipaths: 'strict' | 'yes' | 'no' | 'greedy' | 'smart'
  /**
   * Whether maps are named `mpatha`, `mpathb`, … from `/etc/multipath/bindings`; otherwise their wwid is their name.
   * @default false
   */
  readonly userFriendlyNames: boolean
  /**
   * Names of maps, by wwid.
   * @default {}
   */
  readonly multipathAliases: Readonly<Record<string, string>>
  /**
   * Regular expressions for device names (`^sd[a-d]$`) and wwids that multipathd ignores.
   * @default []
   */
  readonly multipathBlacklist: readonly string[]
  /**
   * The udev property by which multipathd recognizes the disks of one volume. multipath-tools ship with `ID_SERIAL`.
   * @default 'ID_SERIAL'
   */
  readonly uidAttribute: 'ID_SERIAL' | 'ID_WWN' | 'ID_WWN_WITH_EXTENSION'
  /**
   * What happens to I/O when no path is left. multipath-tools ship with `fail`, for LIO too.
   * @default 'fail'
   */
  readonly noPathRetry: 'fail' | 'queue'
}
export const shippedMultipathConfig: MultipathConfig = {
  findMultipaths: 'strict',
  userFriendlyNames: false,
  multipathAliases: {},
  multipathBlacklist: [],
  uidAttribute: 'ID_SERIAL',
  noPathRetry: 'fail',
}

/** multipath-tools as they are installed. They outlast a boot. */
export interface MultipathTools {
  /** Whether its programs and its udev rules are there. */
  installed: boolean
  /** The present settings of multipath.conf. */
  config: MultipathConfig
}

export function blacklisted({ multipathBlacklist }: MultipathConfig, ...names: readonly string[]): boolean {
  return multipathBlacklist.some((pattern) => names.some((name) => new RegExp(pattern).test(name)))
}
