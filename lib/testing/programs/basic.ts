import { never } from '../machine/process.js'
import type { Network } from '../storage/network.js'
import { type Program, result } from './program.js'

/** The programs that any machine has, as far as tests of the ports need them. */
export function basicPrograms(network: Network): Readonly<Record<string, Program>> {
  return { ...withoutParts, getent: getent(network) }
}

const withoutParts: Readonly<Record<string, Program>> = {
  true: () => result(0),
  false: () => result(1),
  cat: ({ input }) => result(0, input),
  echo: ({ argv }) => result(0, `${argv.slice(1).join(' ')}\n`),
  /** A machine without RDMA. All modules that it has are loaded already. */
  modprobe: ({ argv, machine }) => {
    const name = argv[1] ?? ''
    const there = machine.tree.find(`/sys/module/${name}`) !== undefined
    return there ? result(0) : result(1, '', `modprobe: FATAL: Module ${name} not found in directory /lib/modules/6.1.0-fake\n`)
  },
  sleep: async (run) => {
    await (run.argv[1] === 'infinity' ? never() : run.pause(Number(run.argv[1]) * 1000))
    return result(0)
  },
  sh: (run) => {
    const [, option, script = ''] = run.argv
    const exit = /^exit ([0-9]+)$/.exec(script)
    if (option === '-c' && exit !== null) return result(Number(exit[1]))
    const said = /^echo ([\w ]+) >&2$/.exec(script)
    if (option === '-c' && said !== null) return result(0, '', `${said[1] ?? ''}\n`)
    throw run.machine.ledger.unknown(`the script ${JSON.stringify(script)}`)
  },
}

/** Prints two lines for each address; the first one has the name. */
function getent(network: Network): Program {
  return ({ argv, machine }) => {
    const [, database, name = ''] = argv
    if (database !== 'ahosts') throw machine.ledger.unknown(`getent ${database ?? ''}`)
    const lines = network.resolve(name).map((address) => `${address.padEnd(15)} STREAM ${name}\n${address.padEnd(15)} DGRAM  \n`)
    return result(lines.length === 0 ? 2 : 0, lines.join(''))
  }
}
