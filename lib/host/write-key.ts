/**
 * Writes with the same key run one after another. The key is the SCSI device in the path, or else the SCSI host, whose scans the kernel
 * serializes.
 */
export function writeKey(directory: string): string {
  const objects = directory.split('/').filter((name) => /^(host\d+|\d+:\d+:\d+:\d+)$/.test(name))
  return objects.at(-1) ?? directory
}
