import type { Host } from '../core/host.js'

/** Where distributions install programs of an administrator, and NixOS. */
export const PROGRAM_FOLDERS = [
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/run/current-system/sw/bin',
] as const

/** The path of a program of the host; `undefined` when no folder has it. */
export async function findProgram(host: Host, name: string): Promise<string | undefined> {
  for (const folder of PROGRAM_FOLDERS) {
    const path = `${folder}/${name}`
    if ((await host.files.resolve(path)) !== undefined) return path
  }
  return undefined
}
