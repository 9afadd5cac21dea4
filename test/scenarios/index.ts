import type { Scenario } from '../play/scenario.js'
import * as agents from './agents.js'
import * as attach from './attach.js'
import * as crash from './crash.js'
import * as daemons from './daemons.js'
import * as devices from './devices.js'
import * as differential from './differential.js'
import * as direct from './direct.js'
import * as discovery from './discovery.js'
import * as doctor from './doctor.js'
import * as doctorLosses from './doctor-losses.js'
import * as failures from './failures.js'
import * as heal from './heal.js'
import * as hints from './hints.js'
import * as foreign from './foreign.js'
import * as host from './host.js'
import * as identity from './identity.js'
import * as ifaces from './ifaces.js'
import * as install from './install.js'
import * as iscsid from './iscsid.js'
import * as kernel from './kernel.js'
import * as lunKinds from './lun-kinds.js'
import * as luns from './luns.js'
import * as multipath from './multipath.js'
import * as multipathd from './multipathd.js'
import * as names from './names.js'
import * as neighbours from './neighbours.js'
import * as nvme from './nvme.js'
import * as nvmePaths from './nvme-paths.js'
import * as nvmeShared from './nvme-shared.js'
import * as nvmeTrouble from './nvme-trouble.js'
import * as paths from './paths.js'
import * as topology from './topology.js'
import * as topologyNvme from './topology-nvme.js'
import * as recover from './recover.js'
import * as resize from './resize.js'
import * as sick from './sick.js'
import * as soak from './soak.js'
import * as upgrade from './upgrade.js'
import * as users from './users.js'

/** Scenarios by the name of their file, in the order of play. */
export const families: ReadonlyMap<string, readonly Scenario[]> = new Map(
  Object.entries({
    attach,
    neighbours,
    foreign,
    failures,
    discovery,
    names,
    ifaces,
    iscsid,
    luns,
    'lun-kinds': lunKinds,
    host,
    doctor,
    'doctor-losses': doctorLosses,
    kernel,
    devices,
    multipath,
    paths,
    heal,
    direct,
    topology,
    'topology-nvme': topologyNvme,
    nvme: { ...nvme, ...nvmePaths, ...nvmeShared, ...nvmeTrouble },
    identity,
    multipathd,
    resize,
    users,
    recover,
    upgrade,
    install,
    crash,
    agents,
    daemons,
    hints,
    sick,
    soak,
    differential,
  }).map(([name, group]) => [name, Object.values<Scenario | readonly Scenario[]>(group).flat()]),
)
export const scenarios: readonly Scenario[] = [...families.values()].flat()
