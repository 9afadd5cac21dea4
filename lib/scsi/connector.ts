import type { Connection } from '../api/connection.js'
import { readMaps } from '../linux/multipath/map.js'
import { KNOWN_VOLUME } from '../multipath/known-volume.js'
import { loadSgModule } from '../linux/scsi/sg.js'
import type { Connector, Orphans } from '../operation/connector.js'
import type { Entry } from '../operation/entry.js'
import type { Operation } from '../operation/operation.js'
import type { NamedPath, Nexus, Transport } from './transport.js'
import { tryPaths } from './try-paths.js'
import { attachVolume } from './volume/attach.js'
import { discoverVolume } from './volume/discover.js'
import { healVolume } from './volume/heal.js'
import { locateVolume } from './volume/locate.js'
import { orphanVolumes } from './volume/orphan-volumes.js'
import { releaseNew } from './volume/release-paths.js'
import { releaseVolume } from './volume/release.js'
import { remainingObject } from './volume/remaining.js'
import { resizeVolume } from './volume/resize.js'
import { reverifyVolume } from './volume/reverify.js'

/** The connector of volumes that are reached over SCSI paths. All transports share its procedure. */
export function scsiConnector<C extends Connection, P extends NamedPath, N extends Nexus>(own: Transport<C, P, N>): Connector<C> {
  const transport: Transport = own
  return {
    form: own.form,
    ...(own.hostChecks === undefined ? {} : { hostChecks: own.hostChecks }),
    ...(own.marked === undefined ? {} : { marked: own.marked }),
    ...(own.mayReturn === undefined ? {} : { mayReturn: async (operation) => (await own.mayReturn?.(operation)) === true }),
    ...(own.hostIdentity === undefined ? {} : { hostIdentity: async (facts) => (await own.hostIdentity?.(facts)) ?? {} }),
    ...(own.scarce === undefined ? {} : { scarce: (limits) => own.scarce?.(limits) ?? {} }),
    attach: async (operation, connection, expected) => {
      await own.prepare?.(operation, connection)
      await loadSg(operation)
      return await attachVolume(operation, transport, connection, expected)
    },
    tryPaths: (operation, connection) => tryPaths(operation, transport, connection),
    heal: async (operation, entry, connection) => {
      await loadSg(operation)
      return await healVolume(operation, transport, entry, connection as unknown as Connection)
    },
    locate: (operation, entry) => locateVolume(operation, transport, entry),
    reverify: (operation, attached, expected) => reverifyVolume(operation, transport, attached, expected),
    discover: (operation, connection) => discoverVolume(operation, transport, connection),
    surviving: async (operation, entry) => [
      ...((await own.surviving?.(operation, entry)) ?? []),
      ...entry.objects.filter(({ kind }) => kind === KNOWN_VOLUME),
    ],
    release: async (operation, options) => {
      await own.releasing?.(operation)
      return await releaseVolume(operation, transport, options)
    },
    remaining: (operation, object) => remainingObject(operation, transport, object),
    resize: (operation, entry, wantedBytes) => resizeVolume(operation, transport, entry, wantedBytes),
    resolvePending: async (operation, pending) => {
      const before = new Set(operation.claim.entry.objects.map(({ key }) => key))
      await own.resolvePending?.(operation, pending)
      // A detach or a recovery releases what came of it. What is attached stays, without the path that came too late.
      if (operation.claim.entry.state === 'attached') await releaseNew(operation, transport, before)
    },
    orphans: (operation, claims) => findOrphans(operation, transport, claims),
  }
}

async function loadSg(operation: Operation): Promise<void> {
  if (!(await loadSgModule(operation.host, operation.signal)))
    operation.progress.note('could not load the kernel module sg: existing disks cannot be verified')
}

/**
 * Surveys the host before it reads the claims. An attach records each object in its claim before it creates it, so an object in the survey
 * is in the claims that are read afterwards.
 */
async function findOrphans(operation: Operation, transport: Transport, claims: () => Promise<readonly Entry[]>): Promise<Orphans> {
  const survey = await transport.survey(operation)
  const maps = await readMaps(operation.host, operation.signal)
  const entries = await claims()
  const claimed = new Set(entries.flatMap(({ objects, pending }) => [...objects, ...pending].map(({ key }) => key)))
  const own = survey.orphans(claimed)
  const volumes = orphanVolumes(survey, own, maps, claimed)
  return { mine: [...volumes.mine, ...own.mine], foreign: [...volumes.foreign, ...own.foreign] }
}
