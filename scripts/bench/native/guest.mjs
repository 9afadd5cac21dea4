// The part of bench:native that needs real disks. It runs in the lab's guest as `guest.mjs OUT`, with the C programs beside the checkout's
// build.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { builtLibrary } from '../../built.mjs'
import { measurePictures } from './measure.mjs'
import { median, row } from './ratios.mjs'

const { createHost } = /** @type {typeof import('../../../lib/index.js')} */ (await builtLibrary('index.js'))
const { inquirePage } = /** @type {typeof import('../../../lib/linux/scsi/inquiry.js')} */ (await builtLibrary('linux/scsi/inquiry.js'))

const PROGRAMS = '/brickwork/build/bench'
const DISKS = 64
const INQUIRIES = { rounds: 15, each: 100 }
const DEVICE_IDENTIFICATION = 0x83
const { signal } = new AbortController()

execFileSync('modprobe', ['-a', 'sd_mod', 'sg'])
execFileSync('modprobe', ['scsi_debug', `max_luns=${DISKS}`, 'dev_size_mb=8', 'delay=0'])
execFileSync('udevadm', ['settle', '--timeout=120'])
const disks = readdirSync('/sys/bus/scsi/devices').filter(
  (name) => /^[0-9]+:/.test(name) && existsSync(`/sys/bus/scsi/devices/${name}/block`),
)
if (disks.length < DISKS) throw new Error(`${disks.length} disks, not ${DISKS}`)

/** @type {import('./ratios.mjs').Row[]} */
const rows = []
const pictures = await measurePictures({ root: '/', count: disks.length, reader: `${PROGRAMS}/read`, lsblk: false })
for (const each of pictures) rows.push({ ...each, id: each.id.replace(/^P[0-9]+/, 'R1'), what: `real sysfs: ${each.what}` })
rows.push(await measureInquiry())
const [, , out = '/out/native.json'] = process.argv
writeFileSync(out, JSON.stringify(rows))

async function measureInquiry() {
  const [name = ''] = readdirSync(`/sys/bus/scsi/devices/${disks[0] ?? ''}/scsi_generic`)
  const host = createHost()
  /** @type {number[]} */
  const ratios = []
  for (let round = 0; round <= INQUIRIES.rounds; round++) {
    const text = execFileSync(`${PROGRAMS}/inquiry`, [`/dev/${name}`, String(INQUIRIES.each)], { encoding: 'utf8' })
    const c = median(text.trim().split('\n').map(Number))
    /** @type {number[]} */
    const ours = []
    for (let each = 0; each < INQUIRIES.each; each++) {
      const from = process.hrtime.bigint()
      if ((await inquirePage(host, `/dev/${name}`, DEVICE_IDENTIFICATION, signal)) === undefined) throw new Error('no answer')
      ours.push(Number(process.hrtime.bigint() - from))
    }
    if (round > 0) ratios.push(median(ours) / c) // the first round is a warm-up
  }
  return row('G1', 'one INQUIRY against C with a second thread', 'bound', Number(median(ratios).toFixed(2)), true, 1.2)
}
