/** Asymmetric access to a LUN (SPC-4 5.16): what the kernel says of the port that a disk is behind. */

/** Words of drivers/scsi/scsi_sysfs.c, sdev_access_states, of ports that carry out no reads and writes. */
const WITHOUT_IO: readonly string[] = ['standby', 'unavailable', 'offline', 'transitioning']

/** Whether reads and writes get through; so they do where no state is known. */
export function takesIo(accessState: string | undefined): boolean {
  return accessState === undefined || !WITHOUT_IO.includes(accessState)
}
