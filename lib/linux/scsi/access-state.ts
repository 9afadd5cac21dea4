/** Asymmetric access to a LUN (SPC-4 5.16): the kernel's state of the port that a disk is behind. */

import type { AccessState } from '../../api/attachment.js'

/** drivers/scsi/scsi_sysfs.c, sdev_access_states. */
const ACCESS_STATES: readonly AccessState[] = [
  'active/optimized',
  'active/non-optimized',
  'standby',
  'unavailable',
  'lba-dependent',
  'offline',
  'transitioning',
]
/** The state that the kernel names; `undefined` for any other text. */
export function accessStateOf(text: string | undefined): AccessState | undefined {
  return ACCESS_STATES.find((state) => state === text)
}

/** States in which a port carries out no reads or writes (drivers/scsi/scsi_sysfs.c, sdev_access_states). */
const WITHOUT_IO: readonly string[] = ['standby', 'unavailable', 'offline', 'transitioning']

/** Whether the port carries out reads and writes. Assumes so when the state is unknown. */
export function takesIo(accessState: string | undefined): boolean {
  return accessState === undefined || !WITHOUT_IO.includes(accessState)
}
