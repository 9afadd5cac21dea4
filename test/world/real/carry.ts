/** The parts of a host that outlive its boot: state directories and open-iscsi's database, kept on the machine until the next boot. */
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { must } from './shell.js'

const CARRY = '/out/carry'
const archive = (name: string) => `${CARRY}/${name}.tar`

export async function putAside(name: string, stateDirs: readonly string[]): Promise<void> {
  await mkdir(CARRY, { recursive: true })
  const there = [...stateDirs, '/etc/iscsi', '/var/lib/iscsi'].filter((directory) => existsSync(directory))
  await must(['tar', '--create', '--file', archive(name), '--directory', '/', ...there.map((directory) => directory.slice(1))])
}
export async function bringBack(name: string): Promise<void> {
  await must(['tar', '--extract', '--file', archive(name), '--directory', '/'])
}
