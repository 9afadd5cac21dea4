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
  'errorCodes',
  'errorTable',
  'fromCinder',
  'isBrickworkError',
  'toCinderDeviceInfo',
  'toGrpcStatus',
  'uevents',
]
const types = [
  'AttachRequest',
  'AttachedPath',
  'Attacher',
  'AttacherOptions',
  'Attachment',
  'AttachmentBase',
  'AttachmentByProtocol',
  'AttachmentOf',
  'BlockAttachment',
  'ConnectionAuth',
  'DirectoryAttachment',
  'FileAttachment',
  'PartialLimits',
  'VolumeIdentity',
  'AttachmentSummary',
  'Attempt',
  'BlockTopology',
  'BrickworkErrorOptions',
  'Call',
  'Chap',
  'Clock',
  'CloseCall',
  'CommonConnection',
  'Connection',
  'AttachCall',
  'CommandTrace',
  'KernelTrace',
  'OperationTrace',
  'StepTrace',
  'DetachCall',
  'SessionAuth',
  'DetachReport',
  'BlockDeviceNode',
  'ErrorCode',
  'AccessState',
  'AnyBrickworkError',
  'AttachmentName',
  'AttachmentRef',
  'ChapUser',
  'CommonDetails',
  'ConnectionWithoutSecrets',
  'DetailsOf',
  'DeviceState',
  'ErrorCodeInfo',
  'ErrorDetails',
  'ErrorOptionsOf',
  'FieldProblem',
  'ForgetCall',
  'ForgetReport',
  'GivenDetails',
  'HostErrorDetails',
  'IscsiConnectionWithoutSecrets',
  'MoreOptions',
  'PartialDetach',
  'PendingWork',
  'PlaceDetails',
  'ProgramDetails',
  'SystemCallDetails',
  'VolumeErrorDetails',
  'GrpcStatus',
  'GrpcStatusName',
  'Expected',
  'Holder',
  'Host',
  'HealthEvent',
  'HealCall',
  'HealReport',
  'HealedAttachment',
  'HealedPath',
  'PathError',
  'HostIdentity',
  'HostOptions',
  'Inspection',
  'IscsiConnection',
  'IscsiTarget',
  'Kept',
  'Leftover',
  'Limits',
  'LocalConnection',
  'LunAddressing',
  'Log',
  'OperationEvent',
  'OperationName',
  'Outcome',
  'Overridden',
  'PartialPolicy',
  'Policy',
  'RealHost',
  'RecoverCall',
  'RecoveryAction',
  'RecoveryReport',
  'RecoveryVerb',
  'ReleaseCheck',
  'ResizeCall',
  'ResizeReport',
  'ResizedLayer',
  'IscsiSessionNode',
  'SideEffects',
  'StepName',
  'StepTiming',
  'AttachmentOwner',
  'IscsiConnectionNode',
  'MountNode',
  'NvmeControllerNode',
  'NvmeSubsystemNode',
  'PathNode',
  'RemotePortNode',
  'ScsiDeviceNode',
  'ScsiHostNode',
  'UdevNode',
  'Uevent',
  'UeventBatch',
  'UeventStream',
  'ReadUevents',
  'EventStream',
  'UeventsOptions',
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
