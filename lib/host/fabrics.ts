/** The calls of the kernel port for NVMe over Fabrics. Paths are host paths. */
import type { GreetOutcome, Kernel } from '../core/host.js'
import { errnoName } from './errors.js'
import type { FabricsHelpers } from './fabrics-helpers.js'
import type { Addon, NativeGreeting } from './native.js'
import { GREET_MS } from './native-limits.js'
import type { Paths } from './paths.js'

const NODE = '/dev/nvme-fabrics'
const CONTROLLERS = '/sys/class/nvme'

export interface FabricsParts {
  readonly helpers: FabricsHelpers
  readonly paths: Paths
  readonly netns: string | undefined
  readonly native: <T>(signal: AbortSignal, call: (addon: Addon) => Promise<T>) => Promise<T>
}
export type FabricsCalls = Pick<Kernel, 'fabricsOptions' | 'connectFabrics' | 'nvmeAdmin' | 'greet'>

export function createFabrics({ helpers, paths, netns, native }: FabricsParts): FabricsCalls {
  const real = (path: string): Promise<string> => paths.real(path, 'follow')
  return {
    async fabricsOptions(signal) {
      return await helpers.fabricsOptions(await real(NODE), signal)
    },
    async connectFabrics(options, signal) {
      const places = { node: await real(NODE), controllers: await real(CONTROLLERS), netns }
      return await helpers.connectFabrics(places, options.reveal(), signal)
    },
    async nvmeAdmin(request, signal) {
      return await helpers.nvmeAdmin(await real(request.device), request, signal)
    },
    async greet({ address, port, bytes, length }, signal) {
      return decodeGreeting(await native(signal, (to) => to.greet(address, port, bytes, length, GREET_MS, netns)))
    },
  }
}

function decodeGreeting({ errno, bytes }: NativeGreeting): GreetOutcome {
  return errno === 0 ? { outcome: 'answered', bytes } : { outcome: 'failed', error: errnoName(errno) }
}
