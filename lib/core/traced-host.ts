import { harmlessLog } from './harmless-log.js'
import type { Host, Kernel, Log } from './host.js'
import { traced } from './tracing.js'

/** The same host. Publishes each command and each native call to the tracing channels. `log` takes precedence over the log of the host. */
export function tracedHost(host: Host, log: Log = host.log): Host {
  const { files, events, locks, clock, architecture } = host
  return {
    files,
    events,
    locks,
    clock,
    architecture,
    log: harmlessLog(log),
    ...(host.view === undefined ? {} : { view: host.view }),
    commands: {
      run: (argv, options) =>
        traced(
          'command',
          () => ({ argv }),
          () => host.commands.run(argv, options),
        ),
    },
    kernel: tracedKernel(host.kernel),
  }
}

function tracedKernel(kernel: Kernel): Kernel {
  const told = <T>(call: keyof Kernel, subject: () => string, run: () => Promise<T>) =>
    traced('kernel', () => ({ call, subject: subject() }), run)
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
      told(
        'write',
        () => `${request.directory}/${request.attribute}`,
        () => kernel.write(request, signal),
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
      told(
        'exchange',
        () => request.socket,
        () => kernel.exchange(request, signal),
      ),
    hold: (device, signal) =>
      told(
        'hold',
        () => device,
        () => kernel.hold(device, signal),
      ),
    flush: (device, signal) =>
      told(
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
    deviceMapper: (request, signal) =>
      told(
        'deviceMapper',
        () => request.uuid,
        () => kernel.deviceMapper(request, signal),
      ),
    removeMap: (uuid, signal) =>
      told(
        'removeMap',
        () => uuid,
        () => kernel.removeMap(uuid, signal),
      ),
    createMap: (map, signal) =>
      told(
        'createMap',
        () => `${map.uuid} ${map.parameters}`,
        () => kernel.createMap(map, signal),
      ),
    setReadOnly: (change, signal) =>
      told(
        'setReadOnly',
        () => `${change.device} ${change.readOnly ? 'ro' : 'rw'}`,
        () => kernel.setReadOnly(change, signal),
      ),
    changeRecord: (change, signal) =>
      told(
        'changeRecord',
        () => change.path ?? change.lockDirectory,
        () => kernel.changeRecord(change, signal),
      ),
  }
}
