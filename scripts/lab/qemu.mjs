// QEMU's command line, and the accelerator to use.
import { spawn } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, hashOf } from './cache.mjs'
import { readJson } from './json.mjs'
import { LabError, which } from './run.mjs'

/** @typedef {{ version: string, image: string, modules: string, initramfs: string }} Kernel */
/** @typedef {{ tag: string, path: string, mountPoint: string, writable?: boolean }} Share */

/** The path of QEMU. Throws if there is none. */
export function findQemu() {
  const qemu = which('qemu-system-x86_64')
  if (qemu) return qemu
  throw new LabError(
    'QEMU_MISSING',
    'The lab needs qemu-system-x86_64, which is not installed. `npm run setup` installs it on Debian and Ubuntu ' +
      '(package qemu-system-x86); elsewhere install QEMU with your package manager.',
  )
}

// QEMU must not outlive its caller. The kernel sends the signal when the parent dies.
/** Starts QEMU. @param {string[]} args @param {import('node:child_process').SpawnOptions} options */
export function spawnQemu(args, options) {
  const qemu = findQemu()
  const setpriv = which('setpriv')
  if (!setpriv) throw new LabError('TOOL_MISSING', 'The lab needs setpriv, of the package util-linux.')
  return spawn(setpriv, ['--pdeathsig', 'KILL', '--', qemu, ...args], options)
}

// A panic or an oops ends QEMU at once (together with -no-reboot), so no damaged guest goes on. Mitigations are off: nothing hostile runs
// here, and they are slow in software. The TSC is as good a clock as the machine's own. Reading the next best, the HPET, takes a thousand
// times as long. The kernel would pick the HPET, since it can't know that QEMU's processors agree about the time.
const WORDS = 'console=ttyS0 panic=-1 oops=panic mitigations=off audit=0 tsc=reliable cryptomgr.notests'

/** @typedef {'kvm' | 'tcg' | 'instructions'} Processor instructions: emulated, with a clock that counts instructions */
/**
 * The instruction clock advances by a nanosecond for each instruction, and in real time while the processor is idle. QEMU counts each
 * iteration of a string instruction. So the kernel and libc must not see that a processor is fast at them (ERMS, and the kernel's own
 * REP_GOOD), since they would copy and clear at an instruction a byte. With two processors such a guest doesn't start.
 * @type {Readonly<Record<Processor, { arguments: readonly string[], words: string }>>}
 */
const PROCESSORS = {
  kvm: { arguments: ['-accel', 'kvm', '-cpu', 'max', '-smp', '2'], words: '' },
  tcg: { arguments: ['-accel', 'tcg,thread=multi', '-cpu', 'max', '-smp', '2'], words: '' },
  instructions: {
    arguments: ['-accel', 'tcg,thread=single', '-cpu', 'max,-erms', '-smp', '1', '-icount', 'shift=0,sleep=on,align=off'],
    words: 'clearcpuid=erms,rep_good',
  },
}

/** The arguments of every boot. @param {Kernel} kernel @param {Processor} processor @param {string} words for the kernel */
function machine(kernel, processor, words) {
  return [
    ...['-nodefaults', '-no-user-config', '-display', 'none', '-no-reboot', '-nic', 'none'],
    ...PROCESSORS[processor].arguments,
    ...['-kernel', kernel.image, '-initrd', kernel.initramfs],
    ...['-append', [WORDS, PROCESSORS[processor].words, words].filter(Boolean).join(' ')],
  ]
}

/**
 * The arguments for one guest.
 * @param {{ kernel: Kernel, processor: Processor, memoryMb: number, shares: Share[], console: string, port: string,
 *   disk?: string | undefined, interactive?: boolean | undefined, words?: string | undefined }} guest
 */
export function guestArguments({ kernel, processor, memoryMb, shares, console, port, disk, interactive, words = '' }) {
  /** @param {string} file */
  const escape = (file) => file.replaceAll(',', ',,')
  /** @param {Share} share */
  const share = ({ tag, path, writable }) => [
    '-virtfs',
    `local,path=${escape(path)},mount_tag=${tag},security_model=passthrough,multidevs=remap,readonly=${writable ? 'off' : 'on'}`,
  ]
  return [
    ...machine(kernel, processor, words),
    ...['-m', String(memoryMb)],
    ...['-chardev', `file,id=console,path=${escape(console)}`, '-serial', 'chardev:console'],
    ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=out,path=${escape(port)},server=off`],
    ...['-device', 'virtserialport,chardev=out,name=lab.out'],
    // In an interactive guest the terminal is its hvc0. With signal=off the guest receives Ctrl-C.
    ...(interactive ? ['-chardev', 'stdio,id=terminal,signal=off', '-device', 'virtconsole,chardev=terminal'] : []),
    // QEMU omits syncs to the machine's disk: the disk must survive the guest's death, not the machine's.
    ...(disk ? ['-drive', `file=${escape(disk)},if=none,id=disk,format=raw,cache=unsafe`, '-device', 'virtio-blk-pci,drive=disk'] : []),
    ...shares.flatMap(share),
  ]
}

/**
 * 'kvm' if a guest really starts with it, otherwise 'tcg' (software). The existence of /dev/kvm is not enough: on some virtual machines a
 * stock kernel then hangs for ever. Hence a trial with a time limit, once for each boot of the machine.
 * @param {Kernel} kernel @returns {Promise<'kvm' | 'tcg'>}
 */
export async function accelerator(kernel) {
  const wish = process.env['BRICKWORK_ACCEL']
  if (wish === 'kvm' || wish === 'tcg') return wish
  try {
    accessSync('/dev/kvm', constants.R_OK | constants.W_OK)
  } catch {
    return 'tcg'
  }
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
  const file = join(cacheDir(), `accelerator-${hashOf(process.getuid?.())}.json`)
  try {
    const known = /** @type {{ bootId: string, accelerator: 'kvm' | 'tcg' }} */ (readJson(file))
    if (known.bootId === bootId) return known.accelerator
  } catch {}
  const found = (await startsWithKvm(kernel)) ? 'kvm' : 'tcg'
  mkdirSync(cacheDir(), { recursive: true })
  writeFileSync(file, JSON.stringify({ bootId, accelerator: found }))
  return found
}

/** @param {Kernel} kernel @returns {Promise<boolean>} */
function startsWithKvm(kernel) {
  return new Promise((resolve) => {
    const child = spawnQemu([...machine(kernel, 'kvm', 'quiet brickwork.probe'), '-m', '512'], { stdio: 'ignore' })
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000)
    child.on('error', () => resolve(false))
    child.on('exit', (code) => {
      clearTimeout(timer)
      resolve(code === 0)
    })
  })
}
