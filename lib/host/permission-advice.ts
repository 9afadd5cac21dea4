/** What to do when the kernel refuses access. The advice to run as root helps only processes that are not root. */
export function permissionAdvice(uid: number | undefined = process.geteuid?.()): string {
  return uid === 0
    ? 'root is refused: run a container privileged and with the host mounted; otherwise see dmesg and the audit log for what denies it'
    : `this process runs as user ${uid ?? 'unknown'}: run it as root; in a container, privileged and with the host mounted`
}
