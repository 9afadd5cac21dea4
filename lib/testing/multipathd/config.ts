/** The part of multipath.conf that the model knows. */
export interface MultipathConfig {
  /** Which volumes get a map by themselves; `strict` as shipped: only those of `/etc/multipath/wwids`. */
  readonly findMultipaths: 'strict' | 'yes' | 'no' | 'greedy' | 'smart'
  /** Maps are `mpatha`, `mpathb`, … by `/etc/multipath/bindings`; else they have their wwid for a name. Default false. */
  readonly userFriendlyNames: boolean
  /** Names of maps, by wwid. */
  readonly multipathAliases: Readonly<Record<string, string>>
  /** Regular expressions for device names (`^sd[a-d]$`) and wwids that are none of multipathd's business. */
  readonly multipathBlacklist: readonly string[]
  /** The property of udev that tells multipathd which disks are one volume. Default `ID_SERIAL`, as shipped. */
  readonly uidAttribute: 'ID_SERIAL' | 'ID_WWN' | 'ID_WWN_WITH_EXTENSION'
  /** What becomes of I/O when no path is left: `fail` as shipped and for LIO. */
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

/** multipath-tools as they are installed. This outlasts a boot. */
export interface MultipathTools {
  /** Its programs are there, and udev's rules for it. */
  installed: boolean
  /** What multipath.conf says now. */
  config: MultipathConfig
}

export function blacklisted({ multipathBlacklist }: MultipathConfig, ...names: readonly string[]): boolean {
  return multipathBlacklist.some((pattern) => names.some((name) => new RegExp(pattern).test(name)))
}
