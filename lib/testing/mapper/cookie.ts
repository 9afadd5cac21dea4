/** The number that libdevmapper passes through the kernel's event to udev's rules: flags are in its upper half (libdevmapper.h). */
const PRIMARY_SOURCE = 0x40
/** DM_SUBSYSTEM_UDEV_FLAG0: multipath has only loaded another table. */
const RELOAD = 0x100
/** DM_SUBSYSTEM_UDEV_FLAG2: no path of the map works. */
const NO_PATHS = 0x400
const NUMBER = 0x0d4d

export interface CookieFlags {
  readonly primary: boolean
  readonly reload: boolean
  readonly noPaths: boolean
}
export function cookie(how: 'create' | 'reload', hasPaths: boolean): string {
  const flags = PRIMARY_SOURCE | (how === 'reload' ? RELOAD : 0) | (hasPaths ? 0 : NO_PATHS)
  return String(flags * 0x10000 + NUMBER)
}
export function flagsOf(text: string | undefined): CookieFlags {
  const flags = Math.floor(Number(text ?? '0') / 0x10000)
  return { primary: (flags & PRIMARY_SOURCE) !== 0, reload: (flags & RELOAD) !== 0, noPaths: (flags & NO_PATHS) !== 0 }
}
