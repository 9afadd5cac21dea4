import { harmlessLog } from './harmless-log.js'
import type { DaemonRequest, Host, Kernel, Log } from './host.js'
import { wordsOf } from './job-words.js'
import { logged } from './logged.js'
import { silentLog } from './silent-log.js'
import { traced } from './tracing.js'

/**
 * The same host. Publishes each command and each native call to the tracing channels, and writes commands and changes to the log. `log` takes
 * precedence over the log of the host.
 */
export function tracedHost(host: Host, given: Log = host.log): Host {
  const { files, events, locks, clock, architecture } = host
  const log = given === silentLog ? given : harmlessLog(given)
  const line: Line = (what, run, outcomeOf) => logged({ log, clock }, what, run, outcomeOf)
  return {
    files,
    events,
    locks,
    clock,
    architecture,
    log,
    ...(host.view === undefined ? {} : { view: host.view }),
    commands: {
      run: (argv, options) =>
        traced(
          'command',
          () => ({ argv }),
          () =>
            line(
              () => `program ${argv.join(' ')}`,
              () => host.commands.run(argv, options),
              ({ exitCode }) => `exit code ${exitCode}`,
            ),
        ),
    },
    kernel: tracedKernel(host.kernel, line),
  }
}

type Line = <T>(what: () => string, run: () => Promise<T>, outcomeOf?: (value: T) => unknown) => Promise<T>

function tracedKernel(kernel: Kernel, line: Line): Kernel {
  const told = <T>(call: keyof Kernel, subject: () => string, run: () => Promise<T>) =>
    traced('kernel', () => ({ call, subject: subject() }), run)
  /** A call that changes the host: each has its lines in the log. */
  const changing = <T>(
    call: keyof Kernel,
    subject: () => string,
    run: () => Promise<T>,
    outcomeOf?: (value: T) => unknown,
    more = () => '',
  ) => told(call, subject, () => line(() => `kernel call ${call} ${subject()}${more()}`, run, outcomeOf))
  return {
    load: () => kernel.load(),
    readTree: (plan, signal) =>
      told(
        'readTree',
        () => plan.root,
        () => kernel.readTree(plan, signal),
      ),
    readChanged: (request, signal) =>
      told(
        'readChanged',
        () => request.directory,
        () => kernel.readChanged(request, signal),
      ),
    write: (request, signal) =>
      changing(
        'write',
        () => `${request.directory}/${request.attribute}`,
        () => kernel.write(request, signal),
        ({ outcome }) => outcome,
        () => ` = ${JSON.stringify(request.value)}`,
      ),
    scsi: (request, signal) =>
      told(
        'scsi',
        () => `${request.device} opcode 0x${(request.cdb[0] ?? 0).toString(16)}`,
        () => kernel.scsi(request, signal),
      ),
    connect: (address, port, signal) =>
      told(
        'connect',
        () => `${address} port ${port}`,
        () => kernel.connect(address, port, signal),
      ),
    exchange: (request, signal) =>
      changing(
        'exchange',
        () => request.socket,
        () => kernel.exchange(request, signal),
        () => 'ok',
        () => commandOf(request),
      ),
    hold: (device, signal) =>
      told(
        'hold',
        () => device,
        () => kernel.hold(device, signal),
      ),
    flush: (device, signal) =>
      changing(
        'flush',
        () => device,
        () => kernel.flush(device, signal),
      ),
    readDirect: (device, offset, length, signal) =>
      told(
        'readDirect',
        () => device,
        () => kernel.readDirect(device, offset, length, signal),
      ),
    openers: (devices, signal) =>
      told(
        'openers',
        () => devices.join(' '),
        () => kernel.openers(devices, signal),
      ),
    deviceMapper: (request, signal) => {
      const run = () => kernel.deviceMapper(request, signal)
      const { uuid, command } = request
      if (typeof command === 'string') return told('deviceMapper', () => uuid, run)
      return changing(
        'deviceMapper',
        () => uuid,
        run,
        () => 'ok',
        () => ` ${JSON.stringify(command.message)}`,
      )
    },
    removeMap: (uuid, signal) =>
      changing(
        'removeMap',
        () => uuid,
        () => kernel.removeMap(uuid, signal),
        (outcome) => outcome,
      ),
    createMap: (map, signal) =>
      changing(
        'createMap',
        () => `${map.uuid} ${map.parameters}`,
        () => kernel.createMap(map, signal),
        (outcome) => outcome,
      ),
    setReadOnly: (change, signal) =>
      changing(
        'setReadOnly',
        () => `${change.device} ${change.readOnly ? 'ro' : 'rw'}`,
        () => kernel.setReadOnly(change, signal),
        (outcome) => outcome,
      ),
    changeRecord: (change, signal) =>
      changing(
        'changeRecord',
        () => change.path ?? change.lockDirectory,
        () => kernel.changeRecord(change, signal),
        (outcome) => outcome,
      ),
    runJob: (steps, signal) =>
      changing(
        'runJob',
        () => steps.map(wordsOf).join(', then '),
        () => kernel.runJob(steps, signal),
        ({ stopped }) => (stopped === undefined ? 'ok' : `ended at step ${stopped.at + 1}`),
      ),
    fabricsOptions: (signal) =>
      told(
        'fabricsOptions',
        () => FABRICS,
        () => kernel.fabricsOptions(signal),
      ),
    // Without the options, which may contain secrets.
    connectFabrics: (options, signal) =>
      changing(
        'connectFabrics',
        () => FABRICS,
        () => kernel.connectFabrics(options, signal),
        ({ outcome }) => outcome,
      ),
    nvmeAdmin: (request, signal) =>
      told(
        'nvmeAdmin',
        () => `${request.device} opcode 0x${request.opcode.toString(16)}`,
        () => kernel.nvmeAdmin(request, signal),
      ),
    greet: (request, signal) =>
      told(
        'greet',
        () => `${request.address} port ${request.port}`,
        () => kernel.greet(request, signal),
      ),
  }
}

const FABRICS = '/dev/nvme-fabrics'

/** A command of multipathd is text: a length of eight bytes, then the text and a NUL. Other requests are binary. */
function commandOf({ bytes, reply }: DaemonRequest): string {
  return reply === 'framed' ? ` ${JSON.stringify(new TextDecoder().decode(bytes.subarray(8, -1)))}` : ''
}
