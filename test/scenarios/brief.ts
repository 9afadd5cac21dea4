/**
 * What `npm test` plays in the guest, within a quarter of an hour in software: of each family the stories that nothing
 * else in it tells. The others are played by `npm run test:lab` and `npm run test:full`; all twins over FakeHost, always.
 */
export const BRIEF: ReadonlySet<string> = new Set([
  // one path
  'attach-detach',
  'second-portal',
  'two-volumes',
  'foreign-record',
  'foreign-session',
  'foreign-map',
  'held-mount',
  'chap',
  'chap-mutual',
  'missing-lun',
  'portal-drop',
  'target-gone',
  // what the target is asked for, and over what
  'discovery',
  'discovery-chap',
  'host-name',
  'iface-bound',
  'iscsid-impostor',
  'iscsid-requests',
  'iscsid-socket',
  // the host
  'upgrade',
  'lost-state',
  'container',
  'reboot',
  'device-mapper',
  'scsi-questions',
  'systemd',
  // maps
  'four-paths',
  'one-of-four-drop',
  'path-dies',
  'two-maps',
  'no-multipathd',
  'wrong-volume-on-one-path',
  'stale-disk',
  'direct-map',
  'picture-nvme',
  'repointed-map',
  'queued-io',
  'resize-map',
  'partitioned',
  'queueing-map-in-use',
  // what is left, and who dies
  'adopt',
  'orphans',
  'crash-few',
  'agents',
  'iscsid-dies',
  'state-disk',
  'udevd-stops',
  'late-udev-remove',
])
