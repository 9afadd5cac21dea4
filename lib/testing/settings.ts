import { type MultipathConfig, shippedMultipathConfig } from './multipathd/config.js'

/** What a fake machine is like. All times are virtual milliseconds. */
export interface FakeHostOptions extends Partial<MultipathConfig> {
  /** Fixes what is left to chance: which writes a crash tears, and the jitter. Default 1. */
  readonly seed?: number
  /** Every delay of the machine is drawn between half and one and a half of its length. Default false. */
  readonly jitter?: boolean
  /**
   * Answers to calls of one process that get ready within so many virtual milliseconds come in one turn of its event loop, in an order drawn
   * by the seed. Default 0: each comes in a turn of its own.
   */
  readonly answersTogetherMs?: number
  /** Where open-iscsi keeps `nodes/`: `/etc/iscsi` (Debian 12) or `/var/lib/iscsi` (since 2.1.9). Default: as its version does. */
  readonly recordRoot?: string
  /** A second database, which iscsiadm does not read: that of a container, or what an upgrade left, with a record in it. Default `absent`. */
  readonly secondDatabase?: 'absent' | 'empty' | 'with a record'
  /** `2.1.8`. `2.1.10` never answers a login that is waited for, with scan=manual. */
  readonly openIscsiVersion?: string
  /** What a portal says of a target that it doesn't have: `service unavailable` (LIO), which iscsid tries again until its window is over, or `not found` (most arrays), exit 19. */
  readonly unknownTarget?: 'service unavailable' | 'not found'
  /** The name in `/etc/iscsi/initiatorname.iscsi`. */
  readonly initiatorName?: string
  /** The name of the machine. */
  readonly hostname?: string
  /** Whether udevd runs; default true. */
  readonly udevd?: boolean
  /** How many events udevd processes at once; default 20, as systemd's 2 × processors + 16 with two of them. */
  readonly udevWorkers?: number
  /** How long udevd leaves each event in its queue, in virtual milliseconds: its database describes devices that are gone for so long. Default 0. */
  readonly udevBehindMs?: number
  /** Whether iscsid runs; default true. */
  readonly iscsid?: boolean
  /** Who listens at iscsid's socket; `another user`'s program may be there when the daemon is not. Default `root`. */
  readonly iscsidSocket?: 'root' | 'another user'
  /** Whether the native addon can be loaded; default true. */
  readonly addon?: boolean
  /** Programs that may be asked for although they aren't there. */
  readonly missingPrograms?: readonly string[]
  /** Processes that `openers` can't look into. */
  readonly unseenProcesses?: number
  /** multipath-tools: `running`, installed and `stopped`, or `absent` (default). */
  readonly multipathd?: 'running' | 'stopped' | 'absent'
  /** Whether kpartx's udev rule makes partition maps over maps of partitioned volumes, as on Debian; default true. */
  readonly kpartx?: boolean
  /** Whether LVM activates the volume groups that it finds, as its udev rules do; default false. */
  readonly lvmActivation?: boolean
  /** Whether systemd listens for multipathd and starts it when somebody connects; default false. */
  readonly multipathdSocketActivated?: boolean
  /** Where multipathd keeps its number; `undefined`: nowhere. Default `/run/multipathd.pid`. */
  readonly multipathdPidFile?: string | undefined
  /**
   * Whether multipathd runs in a container, with a pid file of its own there: on the `host`'s network, or on its `own`, where nobody outside
   * reaches its socket. Default `none`.
   */
  readonly multipathdContainer?: 'none' | 'host network' | 'own network'
  /**
   * What multipathd's answers are like: `whole`, `cut off` in the middle, `unreadable` (help text in place of a list), `fail`, `timeout`, or
   * whole with `quotes` in names of vendor and product, which it prints into JSON as they are. Default `whole`.
   */
  readonly multipathdAnswers?: 'whole' | 'cut off' | 'unreadable' | 'fail' | 'timeout' | 'quotes'
  /**
   * Whether calls of the kernel port wait for places, as on the real machine: lanes of the addon, helper processes, one question at a time to
   * multipathd. A call whose caller has gone keeps its place as long as the real one does. Default false: there is room for all.
   */
  readonly places?: boolean
  /**
   * Whether reads of sysfs meet devices on their way: of a disk or a session that is being made or taken away an attribute may fail with EIO or
   * ENODEV, drawn for each read by the seed; and a disk's sg and bsg nodes come some time after it, as when the module is loaded for the
   * first disk (rules.d/80-drivers.rules of udev). Default false: what is there can be read as a whole.
   */
  readonly readsMeetChanges?: boolean
  /** Delays other than the default ones. */
  readonly delays?: Partial<Delays>
}
/** The delays of a fake machine, in virtual milliseconds. */
export interface Delays {
  /** Start and end of a program. */
  readonly command: number
  /** TCP handshake and login of a session. */
  readonly login: number
  /** Logout of a session. */
  readonly logout: number
  /** A scan of one LUN. */
  readonly scan: number
  /** From the SCSI device to its disk. */
  readonly disk: number
  /** From the start of a removal until the disk's node is gone. */
  readonly removeDisk: number
  /** udev's rules for a block device. */
  readonly udev: number
  /** udev's rules for anything else. */
  readonly udevOther: number
  /** One wait for the disk. */
  readonly fsync: number
  /** A SCSI command, or I/O on a device. */
  readonly scsi: number
  /** TCP handshake of `connect`. */
  readonly connect: number
  /** multipathd's answer to a command. */
  readonly exchange: number
  /** From udev's event to what multipathd does about it; what comes meanwhile is dealt with together. */
  readonly multipathd: number
  /** multipathd's polling interval. */
  readonly pathCheck: number
}
export type Settings = Required<Omit<FakeHostOptions, 'delays'>> & { readonly delays: Delays }

/** Versions from 2.1.9 on. */
const RECORDS_MOVED = /^2\.1\.(9|[1-9][0-9])$/

export function settingsOf({ delays, ...options }: FakeHostOptions): Settings {
  return {
    seed: 1,
    jitter: false,
    answersTogetherMs: 0,
    recordRoot: RECORDS_MOVED.test(options.openIscsiVersion ?? '') ? '/var/lib/iscsi' : '/etc/iscsi',
    secondDatabase: 'absent',
    openIscsiVersion: '2.1.8',
    unknownTarget: 'service unavailable',
    initiatorName: 'iqn.2004-10.example:fake-host',
    hostname: 'fake-host',
    udevd: true,
    udevWorkers: 20,
    udevBehindMs: 0,
    iscsid: true,
    iscsidSocket: 'root',
    addon: true,
    missingPrograms: [],
    unseenProcesses: 0,
    multipathd: 'absent',
    kpartx: true,
    lvmActivation: false,
    multipathdSocketActivated: false,
    places: false,
    readsMeetChanges: false,
    multipathdPidFile: '/run/multipathd.pid',
    multipathdContainer: 'none',
    multipathdAnswers: 'whole',
    ...shippedMultipathConfig,
    ...options,
    delays: {
      command: 3,
      login: 25,
      logout: 10,
      scan: 5,
      disk: 10,
      removeDisk: 5,
      udev: 60,
      udevOther: 5,
      fsync: 2,
      scsi: 1,
      connect: 1,
      exchange: 1,
      multipathd: 20,
      pathCheck: 5000,
      ...delays,
    },
  }
}
