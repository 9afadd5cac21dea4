/** Properties of the whole library: the size of its files, and what a user may import. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

import * as library from '../../../lib/index.js'

const root = join(import.meta.dirname, '../../..')
const MOST_LINES = 250

const values = [
  'BrickworkError',
  'Secret',
  'createAttacher',
  'createHost',
  'doctor',
  'enumerate',
  'errorCodes',
  'errorTable',
  'fromCinder',
  'identity',
  'isBrickworkError',
  'policyFromCinder',
  'supportBundle',
  'toCinderConnector',
  'toCinderDeviceInfo',
  'toGrpcStatus',
  'uevents',
]
const types = [
  'AccessState',
  'AnyBrickworkError',
  'AttachCall',
  'AttachRequest',
  'AttachedPath',
  'Attacher',
  'AttacherOptions',
  'Attachment',
  'AttachmentBase',
  'AttachmentByProtocol',
  'AttachmentName',
  'AttachmentOf',
  'AttachmentOwner',
  'AttachmentRef',
  'AttachmentSummary',
  'Attempt',
  'BlockAttachment',
  'BlockDeviceNode',
  'BlockTopology',
  'BrickworkErrorOptions',
  'BundleFailure',
  'Call',
  'Chap',
  'ChapUser',
  'CinderConnector',
  'CinderConnectorOptions',
  'Clock',
  'CloseCall',
  'CommandTrace',
  'CommonConnection',
  'CommonDetails',
  'Connection',
  'ConnectionAuth',
  'ConnectionWithoutSecrets',
  'ContentNode',
  'DetachCall',
  'DetachReport',
  'DetailsOf',
  'DeviceState',
  'DirectoryAttachment',
  'DoctorAnswer',
  'DoctorCall',
  'DoctorCheck',
  'DoctorEvidence',
  'DoctorOptions',
  'DoctorReport',
  'EnumerateCall',
  'EnumerateOptions',
  'ErrorCode',
  'ErrorCodeInfo',
  'ErrorDetails',
  'ErrorOptionsOf',
  'EventStream',
  'Expected',
  'FibreChannelConnection',
  'FibreChannelHostIdentity',
  'FibreChannelPort',
  'FibreChannelTarget',
  'FieldProblem',
  'FileAttachment',
  'FolderSummary',
  'ForgetCall',
  'ForgetReport',
  'FromCinderOptions',
  'GivenDetails',
  'GrpcStatus',
  'GrpcStatusName',
  'HealCall',
  'HealReport',
  'HealedAttachment',
  'HealedPath',
  'HealthEvent',
  'Holder',
  'Host',
  'HostAddress',
  'HostErrorDetails',
  'HostIdentity',
  'HostOptions',
  'Inspection',
  'IscsiConnection',
  'IscsiConnectionNode',
  'IscsiConnectionWithoutSecrets',
  'IscsiHostIdentity',
  'IscsiIfaceIdentity',
  'IscsiSessionNode',
  'IscsiSessionParameters',
  'IscsiTarget',
  'Kept',
  'KernelTrace',
  'Leftover',
  'Limits',
  'LocalConnection',
  'Log',
  'LunAddressing',
  'MapNode',
  'MoreOptions',
  'MountNode',
  'NvmeAuth',
  'NvmeConnection',
  'NvmeConnectionWithoutSecrets',
  'NvmeControllerNode',
  'NvmeHostIdentity',
  'NvmeHostName',
  'NvmeNamespace',
  'NvmeNamespaceName',
  'NvmePortal',
  'NvmeSubsystemNode',
  'OperationEvent',
  'OperationName',
  'OperationTrace',
  'Outcome',
  'Overridden',
  'PartialDetach',
  'PartialLimits',
  'PartialPolicy',
  'PartitionEntryNode',
  'PathError',
  'PathGroupNode',
  'PathNode',
  'PendingWork',
  'PlaceDetails',
  'Policy',
  'ProgramDetails',
  'QueryOptions',
  'ReadUevents',
  'RealHost',
  'RecoverCall',
  'RecoveryAction',
  'RecoveryReport',
  'RecoveryVerb',
  'ReleaseCheck',
  'RemotePortNode',
  'ResizeCall',
  'ResizeReport',
  'ResizedLayer',
  'ScsiDeviceNode',
  'ScsiHostNode',
  'SessionAuth',
  'SideEffects',
  'StepName',
  'StepTiming',
  'StepTrace',
  'SupportBundle',
  'SupportBundleOptions',
  'SystemCallDetails',
  'UdevNode',
  'Uevent',
  'UeventBatch',
  'UeventStream',
  'UeventsOptions',
  'VolumeErrorDetails',
  'VolumeIdentity',
  'WaitDetails',
  'WaitHolder',
  'WithDetails',
]

/** Names that a module exports, read from its text alone. Follows `export *`. */
function exportsOf(file: string): string[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
  return source.statements.flatMap((statement) => {
    if (!ts.isExportDeclaration(statement)) {
      const exported =
        ts.canHaveModifiers(statement) && ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
      if (exported !== true) return []
      const named = ts.isVariableStatement(statement) ? [...statement.declarationList.declarations] : [statement as ts.DeclarationStatement]
      return named.map(({ name }) => name?.getText() ?? expect.unreachable(`an export of ${file} without a name`))
    }
    const { exportClause, moduleSpecifier } = statement
    if (exportClause !== undefined)
      return ts.isNamedExports(exportClause) ? exportClause.elements.map(({ name }) => name.text) : [exportClause.name.text]
    const from = moduleSpecifier !== undefined && ts.isStringLiteral(moduleSpecifier) ? moduleSpecifier.text : ''
    return exportsOf(join(file, '..', from.replace(/\.js$/, '.ts')))
  })
}
const sources = readdirSync(join(root, 'lib'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))

describe('a user may import', () => {
  test('exactly these values', () => {
    expect(Object.keys(library).sort()).toEqual(values)
  })
  test('exactly these names, values and types', () => {
    const names = new Set(exportsOf(join(root, 'lib/index.ts')))
    expect([...names].sort()).toEqual([...values, ...types].sort())
  })
})

describe('every file of the library', () => {
  test('is one of many', () => {
    expect(sources.length).toBeGreaterThan(100)
  })
  test(`has ${String(MOST_LINES)} lines at most`, () => {
    const linesOf = (name: string) => readFileSync(join(root, 'lib', name), 'utf8').split('\n').length - 1
    expect(sources.filter((name) => linesOf(name) > MOST_LINES)).toEqual([])
  })
})
