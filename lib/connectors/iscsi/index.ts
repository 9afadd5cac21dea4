/** iSCSI with open-iscsi: sysfs shows the sessions, iscsid logs in and out. */
import type { IscsiConnection } from '../../api/connection.js'
import { kernelLun } from '../../connection/lun.js'
import { readIfaces } from '../../linux/iscsi/iface.js'
import { initiatorIn } from '../../linux/iscsi/installation.js'
import type { Connector } from '../../operation/connector.js'
import type { Entry, HostObject } from '../../operation/entry.js'
import { scsiConnector } from '../../scsi/connector.js'
import type { Transport } from '../../scsi/transport.js'
import { iscsiChecks } from './checks/index.js'
import { markedByBrickwork } from './checks/marked.js'
import { connect } from './connect.js'
import { iscsiForm } from './connection.js'
import { objectsOfPath } from './find-objects.js'
import { findSession, whyDown } from './find-session.js'
import { resolveAgain, withCredentials } from './heal.js'
import { requireIface } from './ifaces.js'
import { LoginRegistry } from './login-registry.js'
import { type IscsiPath, ifacesOf } from './named-paths.js'
import { describePath, type IscsiNexus, nexusOfKey, nexusOfSession, placeOfKey } from './nexus.js'
import { endpointIn, isAt, portalLock, RECORD, SESSION } from './objects.js'
import { undoPendingLogin } from './pending-login.js'
import { isRecordThere, isSessionThere } from './own-objects.js'
import { releaseRecord, releaseSession } from './release-session.js'
import { pathsOnHost, resolvePaths } from './resolve-paths.js'
import { surveySessions } from './survey.js'
import { survivingRecords } from './surviving-records.js'

export function createIscsiConnector(): Connector<IscsiConnection> {
  return scsiConnector(iscsiTransport(new LoginRegistry()))
}

function iscsiTransport(logins: LoginRegistry): Transport<IscsiConnection, IscsiPath, IscsiNexus> {
  return {
    form: iscsiForm,
    hostChecks: iscsiChecks,
    marked: markedByBrickwork,
    hostIdentity: async (facts) => {
      const initiatorName = initiatorIn((await facts.text('/etc/iscsi/initiatorname.iscsi')) ?? '')
      return initiatorName === undefined ? {} : { iscsi: { initiatorName, ifaces: await readIfaces(facts) } }
    },
    scarce: ({ iscsi: { loginsPerPortal } }) => ({ portal: loginsPerPortal }),
    prepare: async (operation, connection) => {
      for (const name of ifacesOf(connection)) await requireIface(operation, name)
    },
    resolve: resolvePaths,
    resolveAgain,
    withCredentials,
    onHost: pathsOnHost,
    named,
    connect: (operation, path, { auth }, shareMs, first) => connect(operation, logins, path, auth, shareMs, first),
    isDoubtful: ({ host }, path) => logins.isDoubtful(host.clock, path),
    find: async (operation, path) => {
      const session = await findSession(operation, path)
      return session === undefined ? undefined : await nexusOfSession(operation.host, session)
    },
    nexus: nexusOfKey,
    whyDown,
    place: placeOfKey,
    describe: describePath,
    own: {
      nexus: { kind: SESSION, release: releaseSession, isThere: isSessionThere },
      // While a session could not be ended, its record is needed for the next attempt.
      rest: [
        {
          kind: RECORD,
          release: releaseRecord,
          isThere: isRecordThere,
          isNeeded: (record, objects) => objects.some((each) => isSessionOf(each, record)),
        },
      ],
    },
    belongs: (object, path) => isAt(object, path),
    objectsOf: objectsOfPath,
    survey: surveySessions,
    surviving: survivingRecords,
    resolvePending: async (operation, pending) => {
      const { iqn, portal } = endpointIn(pending.data)
      await operation.locked(portalLock(iqn, portal), () => undoPendingLogin(operation, logins, pending))
    },
  }
}

const isSessionOf = (object: HostObject, record: HostObject) => object.kind === SESSION && isAt(record, endpointIn(object.data))

function named(connection: Entry['connection']): readonly { readonly target: string; readonly lun: bigint }[] {
  if (connection.protocol !== 'iscsi') return []
  const { targets, addressing } = connection as unknown as IscsiConnection
  return targets.map(({ iqn, lun }) => ({ target: iqn, lun: kernelLun(lun, addressing) }))
}
