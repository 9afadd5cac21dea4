/** Makes udevd busy: with one worker, a long event delays all events after it. */
import { access, mkdir, rm, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { must } from './shell.js'

const RULES = '/run/udev/rules.d/00-lab-busy.rules'
/** A device that no scenario attaches. */
const DEVICE = '/sys/class/mem/null/uevent'
/** Documentation/ABI/testing/sysfs-uevent: an action, a UUID, and a value that the event carries. */
const uevent = (seconds: number) => `change 6f1e3a52-0c0d-4c8a-9d4e-2f5a7b8c9d0e BUSY=${seconds}`

export async function occupyUdev(ms: number): Promise<() => Promise<void>> {
  await mkdir('/run/udev/rules.d', { recursive: true })
  await writeFile(RULES, 'ENV{SYNTH_ARG_BUSY}=="?*", PROGRAM="/bin/sleep $env{SYNTH_ARG_BUSY}"\n')
  await must(['udevadm', 'control', '--children-max=1'])
  // Ends idle workers; otherwise they would process the next events.
  await must(['udevadm', 'control', '--reload'])
  await must(['udevadm', 'settle', '--timeout=60'])
  await writeFile(DEVICE, uevent(Math.ceil(ms / 1000)))
  return freeUdev
}
/** Restores the state after the guest's start (systemd: src/udev/udevd.c, 2 × CPUs + 16). */
export async function freeUdev(): Promise<void> {
  const isBusy = await access(RULES).then(
    () => true,
    () => false,
  )
  if (!isBusy) return
  await rm(RULES)
  await must(['udevadm', 'control', `--children-max=${2 * cpus().length + 16}`])
  await must(['udevadm', 'control', '--reload'])
}
