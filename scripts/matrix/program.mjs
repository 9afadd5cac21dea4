// The program that each cell runs: it attaches a volume over FakeHost, then loads the addon and starts the helper of the package.

const BODY = `
const fake = new FakeHost()
fake.storage.volume('v')
fake.storage.iscsi.target({ iqn: 'iqn.2024-01.org.example:v', portals: ['10.0.0.1:3260'], luns: { 1: 'v' } })
const connection = { protocol: 'iscsi', targets: [{ portal: '10.0.0.1:3260', iqn: 'iqn.2024-01.org.example:v', lun: 1 }] }

async function check() {
  const attacher = await createAttacher({ host: fake })
  const { device } = await attacher.attach({ id: 'v', connection })
  const { outcome } = await attacher.detach('v')
  await attacher.close()
  const { kernel } = createHost()
  const signal = AbortSignal.timeout(240_000)
  // The addon reads this folder; the helper answers that there is no such device.
  const { files } = await kernel.readChanged({ directory: process.cwd(), suffix: '.json' }, signal)
  const helper = await kernel.readDirect('/dev/brickwork-none', 0, 512, signal).then(() => 'read', ({ code }) => code)
  return { device, outcome, addon: files.has('package.json'), helper }
}
check().then(
  (found) => console.log(JSON.stringify(found)),
  (error) => {
    console.log(JSON.stringify({ code: error.code, message: error.message }))
    process.exitCode = 1
  },
)
`

/** @type {Record<'module' | 'commonjs', string>} */
export const PROGRAMS = {
  module: `import { createAttacher, createHost } from 'brickwork-storage'\nimport { FakeHost } from 'brickwork-storage/testing'\n${BODY}`,
  commonjs: `const { createAttacher, createHost } = require('brickwork-storage')\nconst { FakeHost } = require('brickwork-storage/testing')\n${BODY}`,
}

/** A user's module under the strictest settings of TypeScript. */
export const STRICT_MODULE = `import { type AttacherOptions, type AttachRequest, createAttacher, createHost, isBrickworkError } from 'brickwork-storage'
import { FakeHost } from 'brickwork-storage/testing'

export async function attached(request: AttachRequest, options: AttacherOptions = {}): Promise<string | undefined> {
  await using attacher = await createAttacher({ ...options, host: options.host ?? createHost({ nativeDir: '/opt/native' }) })
  try {
    return (await attacher.attach(request)).path
  } catch (error) {
    if (isBrickworkError(error, 'ERR_HELD')) return undefined
    throw error
  }
}
console.log(await attached({ id: 'v', connection: { protocol: 'local', path: '/dev/loop0' } }, { host: new FakeHost() }))
`

/** What the program prints when everything works. */
export const EXPECTED = { device: '/dev/sda', outcome: 'released', addon: true }

/** Throws unless the program attached, loaded the addon and heard the helper. @param {string} printed */
export function mustHaveWorked(printed) {
  const line = printed.trim().split('\n').at(-1) ?? ''
  const found = /** @type {Record<string, unknown>} */ (parsed(line))
  const wrong = Object.entries(EXPECTED).filter(([key, value]) => found[key] !== value)
  if (wrong.length > 0 || !/^ERR_(KERNEL|TARGET_NOT_FOUND)$/.test(String(found['helper']))) throw new Error(`the program printed ${line}`)
}

/** @param {string} line @returns {unknown} */
function parsed(line) {
  try {
    return JSON.parse(line)
  } catch {
    return {}
  }
}
