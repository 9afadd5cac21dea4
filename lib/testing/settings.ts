import { type MultipathConfig, shippedMultipathConfig } from './multipathd/config.js'
import type { Delays } from './delays.js'

export type { Delays } from './delays.js'

/** The properties of a fake machine. All times are virtual milliseconds. */
export interface FakeHostOptions extends Partial<MultipathConfig> {
  /**
   * Seed of everything that is random: which writes a crash tears, and the jitter.
   * @default 1
   */
  readonly seed?: number
  /**
   * Whether every delay of the machine is drawn between half and one and a half of its length.
   * @default false
   */
  readonly jitter?: boolean
  /**
   * Answers to calls of one process that become ready within this time, in virtual milliseconds, come in one turn of its event loop, in an
   * order drawn by the seed. With 0, each comes in a turn of its own.
   * @default 0
   */
  readonly answersTogetherMs?: number
  /**
   * The directory in which open-iscsi keeps `nodes/`: `/etc/iscsi` (Debian 12) or `/var/lib/iscsi` (since 2.1.9). Default: that of its
   * version.
   */
  readonly recordRoot?: string
  /**
   * A second database, which iscsiadm does not read. It belongs to a container, or an upgrade left it, with a record in it.
   * @default 'absent'
   */
  readonly secondDatabase?: 'absent' | 'empty' | 'with a record'
  /**
   * The version of open-iscsi. With scan=manual, `2.1.10` never answers a login that is waited for.
   * @default '2.1.8'
   */
  readonly openIscsiVersion?: string
  /**
   * The answer of a portal to a login for a target that it doesn't have.
   * - `service unavailable` (LIO): iscsid tries again until its window is over.
   * - `not found` (most arrays): iscsiadm exits with 19.
   * @default 'service unavailable'
   */
  readonly unknownTarget?: 'service unavailable' | 'not found'
  /**
   * The name in `/etc/iscsi/initiatorname.iscsi`.
   * @default 'iqn.2004-10.example:fake-host'
   */
  readonly initiatorName?: string
  /**
   * The name of the machine.
   * @default 'fake-host'
   */
  readonly hostname?: string
  /**
   * Whether udevd runs.
   * @default true
   */
  readonly udevd?: boolean
  /**
   * How many events udevd processes at once. systemd has 20 on two processors (2 × processors + 16).
   * @default 20
   */
  readonly udevWorkers?: number
  /**
   * How long udevd leaves each event in its queue, in virtual milliseconds. For that long, its database describes devices that are gone.
   * @default 0
   */
  readonly udevBehindMs?: number
  /**
   * Whether iscsid runs.
   * @default true
   */
  readonly iscsid?: boolean
  /**
   * Whose process listens at iscsid's socket. When the daemon does not run, a program of `another user` may do so.
   * @default 'root'
   */
  readonly iscsidSocket?: 'root' | 'another user'
  /**
   * Whether the native addon can be loaded.
   * @default true
   */
  readonly addon?: boolean
  /**
   * Programs that may be run although they are not installed.
   * @default []
   */
  readonly missingPrograms?: readonly string[]
  /**
   * How many processes `openers` can't inspect.
   * @default 0
   */
  readonly unseenProcesses?: number
  /**
   * multipath-tools: `running`, installed and `stopped`, or `absent`.
   * @default 'absent'
   */
  readonly multipathd?: 'running' | 'stopped' | 'absent'
  /**
   * Whether kpartx's udev rule creates partition maps over maps of partitioned volumes, as on Debian.
   * @default true
   */
  readonly kpartx?: boolean
  /**
   * Whether LVM activates the volume groups that it finds, as its udev rules do.
   * @default false
   */
  readonly lvmActivation?: boolean
  /**
   * Whether systemd listens for multipathd and starts it at a connection.
   * @default false
   */
  readonly multipathdSocketActivated?: boolean
  /**
   * The pid file of multipathd; `undefined`: none.
   * @default '/run/multipathd.pid'
   */
  readonly multipathdPidFile?: string | undefined
  /**
   * Whether multipathd runs in a container, which has a pid file of its own. On the network of the host its socket can be reached. On a
   * network of its own it can't be reached from outside.
   * @default 'none'
   */
  readonly multipathdContainer?: 'none' | 'host network' | 'own network'
  /**
   * The form of multipathd's answers.
   * - `whole`: as the daemon gives them.
   * - `cut off`: in the middle.
   * - `unreadable`: help text in place of a list.
   * - `fail`, `timeout`: this word in place of the answer.
   * - `quotes`: whole, with quotes in the names of vendor and product, which multipathd prints into JSON without escaping.
   * @default 'whole'
   */
  readonly multipathdAnswers?: 'whole' | 'cut off' | 'unreadable' | 'fail' | 'timeout' | 'quotes'
  /**
   * Whether calls of the kernel port wait for places, as on the real machine: lanes of the addon, helper processes, and one request at a
   * time to multipathd. A call whose caller has gone keeps its place as long as the real call does. Otherwise there is a place for every
   * call.
   * @default false
   */
  readonly places?: boolean
  /**
   * Whether reads of sysfs meet devices that are being created or removed. Otherwise every attribute of an existing device can be read.
   * - An attribute of such a disk or session may fail with EIO or ENODEV, drawn for each read by the seed.
   * - A disk's sg and bsg nodes come some time after the disk, as when the first disk loads the module (rules.d/80-drivers.rules of udev).
   * @default false
   */
  readonly readsMeetChanges?: boolean
  /**
   * Which kernel's NVMe over Fabrics is loaded. They differ in how they treat host ids, and controllers that a target refuses.
   * @default 'absent'
   */
  readonly nvme?: 'absent' | '6.1' | '6.12'
  /**
   * Whether the driver lists its options when `/dev/nvme-fabrics` is read. Linux 5.10 does not.
   * @default true
   */
  readonly nvmeListsOptions?: boolean
  /**
   * World-wide names of the machine's Fibre Channel ports, in the order of their functions.
   * @default []
   */
  readonly fcPorts?: readonly string[]
  /**
   * The scans of the SCSI layer (`scsi_mod.scan`). With `async` the kernel scans each remote port that logs in.
   * @default 'async'
   */
  readonly scsiScan?: 'async' | 'manual' | 'none'
  /** Delays other than the default ones. */
  readonly delays?: Partial<Delays>
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
    nvme: 'absent',
    nvmeListsOptions: true,
    fcPorts: [],
    scsiScan: 'async',
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
