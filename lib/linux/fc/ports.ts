/** The Fibre Channel ports of the host (drivers/scsi/scsi_transport_fc.c), of adapters and of software FCoE alike. */
import type { FibreChannelPort } from '../../api/identity.js'
import type { HostFacts } from '../host-facts.js'
import { worldWideName } from './wwn.js'

const PORTS = '/sys/class/fc_host'

/** All ports, in the order of their SCSI hosts. A port that is being removed is missing. */
export async function readFcPorts(facts: HostFacts): Promise<FibreChannelPort[]> {
  const numbers = (await facts.names(PORTS)).flatMap((name) => (/^host[0-9]+$/.test(name) ? [Number(name.slice('host'.length))] : []))
  const ports = await Promise.all(numbers.sort((a, b) => a - b).map((host) => readPort(facts, host)))
  return ports.filter((port) => port !== undefined)
}

async function readPort(facts: HostFacts, host: number): Promise<FibreChannelPort | undefined> {
  const directory = `${PORTS}/host${host}`
  const [portName, nodeName, state, speed, place] = await Promise.all([
    facts.text(`${directory}/port_name`),
    facts.text(`${directory}/node_name`),
    facts.text(`${directory}/port_state`),
    facts.text(`${directory}/speed`),
    facts.resolve(directory),
  ])
  const [wwpn, wwnn] = [worldWideName(portName ?? ''), worldWideName(nodeName ?? '')]
  if (wwpn === undefined || wwnn === undefined || state === undefined) return undefined
  const parent = parentIn(place ?? '')
  return {
    wwpn,
    wwnn,
    state,
    ...(speed === undefined || isNoSpeed(speed) ? {} : { speed }),
    host,
    ...(parent === undefined ? {} : { parent }),
  }
}

/** fc_port_speed_names; a driver that has none leaves the value out. */
function isNoSpeed(speed: string): boolean {
  return /^(unknown|not negotiated)$/i.test(speed)
}
/** A virtual port is a device below its physical port: `…/host2/vport-2:0-0/host7/fc_host/host7` */
function parentIn(place: string): number | undefined {
  const parent = /\/host([0-9]+)\/vport-[^/]+\/host[0-9]+(?:\/|$)/.exec(place)?.[1]
  return parent === undefined ? undefined : Number(parent)
}
