/** The calls for NVMe over Fabrics that may block forever. Each runs in a helper process. */
import { requireReading } from '../core/admin-commands.js'
import { BrickworkError } from '../core/errors.js'
import type { FabricsOutcome, Log, NewController, NvmeAdminReply, NvmeAdminRequest } from '../core/host.js'
import { errnoName } from './errors.js'
import { byteField, field, type HelperRequest, text, textField, u32 } from './helper-frames.js'
import type { Asked, HelperPool } from './helper-pool.js'
import type { HelperProcess } from './helper-process.js'
import type { Reader } from './reader.js'

/** Where the host has what a connect needs, as paths of this process. */
export interface FabricsPlaces {
  /** `/dev/nvme-fabrics` */
  readonly node: string
  /** `/sys/class/nvme` */
  readonly controllers: string
  readonly netns: string | undefined
}
export interface FabricsHelpers {
  fabricsOptions(node: string, signal: AbortSignal): Promise<string | undefined>
  connectFabrics(places: FabricsPlaces, options: string, signal: AbortSignal): Promise<FabricsOutcome>
  nvmeAdmin(node: string, request: NvmeAdminRequest, signal: AbortSignal): Promise<NvmeAdminReply>
}

/** The kernel has one mutex for all connects, which also guards its list of options. */
const CONNECT: Asked = { key: 'nvme-fabrics', host: 'nvme-fabrics' }
const OPTIONS: Asked = { key: 'nvme-fabrics options', host: 'nvme-fabrics' }

const keep: HelperRequest = { operation: 'keepController', fields: [] }
const discard: HelperRequest = { operation: 'discardController', fields: [] }

export function createFabricsHelpers(pool: HelperPool, log: Log, ofDevice: (device: string) => Promise<Asked>): FabricsHelpers {
  return {
    async fabricsOptions(node, signal) {
      const body = await pool.call(OPTIONS, { operation: 'fabricsOptions', fields: [text(node)] }, signal)
      return byteField(body) === 0 ? textField(body).trim() : undefined
    },
    async connectFabrics({ node, controllers, netns = '' }, options, signal) {
      return await pool.keep<FabricsOutcome>(CONNECT, signal, async (helper, job) => {
        const secret = text(options)
        const fields = [text(node), secret, text(controllers), text(netns)]
        const answer = helper.call({ operation: 'connectFabrics', fields })
        secret.fill(0)
        // The kernel may need a minute after everybody has gone. The helper then ends its work by itself.
        helper.keepsProcessAlive(false)
        const outcome = decodeConnect(await answer)
        if (outcome.errno !== undefined) {
          job.answer({ outcome: 'failed', errno: outcome.errno })
          return 'free'
        }
        const { instance } = outcome
        const controller = controllerOf(pool, helper, instance, log)
        if (job.answer({ outcome: 'connected', instance, controller })) return 'keep'
        await helper.call(discard)
        return 'free'
      })
    },
    async nvmeAdmin(node, request, signal) {
      requireReading(request)
      const { opcode, nsid, cdw10, length } = request
      const fields = [text(node), Uint8Array.of(opcode), u32(nsid), u32(cdw10), u32(length)]
      const body = await pool.call(await ofDevice(node), { operation: 'nvmeAdmin', fields }, signal)
      return { status: body.part(body.u32()).u32(), data: field(body) }
    },
  }
}

/** The helper process is given back once, with the first of both calls. */
function controllerOf(pool: HelperPool, helper: HelperProcess, instance: number, log: Log): NewController {
  let ended: Promise<void> | undefined
  const finish = async (request: HelperRequest): Promise<void> => {
    try {
      await helper.call(request)
    } catch (error) {
      log.warn(
        { controller: `nvme${instance}`, pid: helper.pid, error },
        'the helper that connected this controller could not end its work',
      )
      // Its end deletes a controller that it still has.
      helper.end()
      throw error
    } finally {
      pool.giveBack(helper)
    }
  }
  return { keep: () => (ended ??= finish(keep)), discard: () => (ended ??= finish(discard)) }
}

function decodeConnect(body: Reader): { readonly errno: string } | { readonly errno: undefined; readonly instance: number } {
  const outcome = byteField(body)
  const number = body.part(body.u32()).u32()
  if (outcome > 1) throw new BrickworkError('ERR_PARSE', "The helper's answer to connectFabrics can't be read")
  return outcome === 1 ? { errno: errnoName(number) } : { errno: undefined, instance: number }
}
