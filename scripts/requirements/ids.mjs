// The requirements by group. The catalogue has exactly these.

/** @typedef {{ title: string, about: string, ids: readonly string[] }} Group */

/** @param {string} prefix @param {number} last */
const range = (prefix, last) => Array.from({ length: last }, (_, index) => `${prefix}${index + 1}`)
/** @param {string} letter @param {number} last @param {string} title */
const acceptance = (letter, last, title) => ({ title, about: '', ids: range(`OB-${letter}`, last) })

/** @type {readonly Group[]} */
export const groups = [
  { title: 'Promises', about: 'What sysfs-based attaching has promised from its beginning.', ids: range('P', 16) },
  { title: 'History', about: 'What the defects of a decade in os-brick ask for.', ids: range('OB-R', 134) },
  acceptance('A', 25, 'Acceptance: iSCSI sessions, nodes, discovery'),
  acceptance('B', 8, 'Acceptance: iSCSI login'),
  acceptance('C', 25, 'Acceptance: iSCSI attach'),
  acceptance('D', 4, 'Acceptance: targets of a connection'),
  acceptance('E', 14, 'Acceptance: iSCSI detach'),
  acceptance('F', 8, 'Acceptance: paths and growing'),
  acceptance('G', 24, 'Acceptance: SCSI devices, identity, addressing'),
  acceptance('H', 29, 'Acceptance: flush and removal'),
  acceptance('I', 22, 'Acceptance: multipath'),
  acceptance('J', 26, 'Acceptance: programs, locks, the surface'),
  acceptance('K', 38, 'Acceptance: Fibre Channel'),
  acceptance('L', 49, 'Acceptance: NVMe over Fabrics'),
  { title: 'NVMe over TCP', about: 'What attaching over NVMe must and must never do.', ids: range('NV-R', 72) },
  { title: 'SCSI over Fibre Channel', about: 'What attaching over Fibre Channel must and must never do.', ids: range('FC-R', 40) },
  { title: 'Complaints', about: 'What users of other tools have complained of.', ids: range('PE-R', 40) },
  {
    title: 'Sick neighbours',
    about: 'What devices, portals and daemons that do not answer must never do to the others.',
    ids: range('SN-R', 5),
  },
  { title: 'Native jobs', about: 'What a list of primitives does on the host, and what it leaves.', ids: range('NJ-R', 2) },
  { title: 'In use', about: 'The library removes no device that is in use.', ids: range('IU-R', 5) },
  { title: 'LUNs', about: 'What is at a LUN need not be a volume.', ids: range('LU-R', 5) },
  { title: 'Maps of other programs', about: 'What another program made stays its own.', ids: range('OM-R', 2) },
  {
    title: 'Same volume',
    about: 'What decides that disks, maps and what the caller expects are one volume.',
    ids: range('SV-R', 9),
  },
  { title: 'Health', about: 'Attached volumes stay as available as their connection allows.', ids: range('HE-R', 3) },
  { title: 'Waits', about: 'Who waits for a lock or a place learns who has it.', ids: range('WA-R', 2) },
  { title: 'Inputs', about: 'What control planes and files of the host say.', ids: range('IN-R', 6) },
  { title: 'Host identity', about: 'How storage and control planes know this host.', ids: range('HO-R', 7) },
  { title: 'Hosts', about: 'Hosts that differ in what they have and in what may be read of them.', ids: range('HO-S', 7) },
  { title: 'Doctor', about: 'What the checks of a host do, and what they never do.', ids: range('DO-R', 6) },
  { title: 'Start', about: 'What is checked before anything is done, and what only looks.', ids: range('SU-R', 2) },
  { title: 'Errors', about: 'What a caller learns from a failure, and what it can do about one.', ids: range('ER-R', 3) },
  { title: 'Interface', about: 'What calls accept, and what the command shows on a terminal.', ids: range('IF-R', 8) },
  { title: 'Situations', about: 'Machines in trouble, taken from these complaints.', ids: range('PE-S', 25) },
]

export const connectors = ['all', 'iscsi', 'local', 'nvme', 'fibre-channel', 'rbd', 'nfs', 'other']
