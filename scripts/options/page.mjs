// docs/options.md: tables of all options, by the call that takes them.
import { readTypes } from './types.mjs'

/** @typedef {import('./types.mjs').Option} Option */
/** @typedef {{ heading: string, level: 2 | 3, names: readonly string[], text?: string }} Section names: of the interfaces whose options it lists */

const FILES = [
  ...['attacher', 'attachment', 'call', 'cinder', 'common-connection', 'connection', 'nvme-connection', 'doctor', 'forget', 'heal'].map(
    (name) => `lib/api/${name}.ts`,
  ),
  ...['fibre-channel-connection', 'policy', 'query', 'recovery'].map((name) => `lib/api/${name}.ts`),
  ...['lib/attacher-options.ts', 'lib/core/uevents.ts', 'lib/host/create-host.ts', 'lib/support-bundle.ts', 'lib/uevents.ts'],
]

/** @type {readonly Section[]} */
const BEFORE_POLICY = [
  { heading: 'Attacher', level: 2, names: ['AttacherOptions'], text: '`createAttacher(options)`, type `AttacherOptions`.' },
  { heading: 'Attach request', level: 2, names: ['AttachRequest'], text: '`attacher.attach(request)`, type `AttachRequest`.' },
  { heading: 'Expected volume', level: 3, names: ['Expected'], text: '`request.expected`, type `Expected`.' },
  {
    heading: 'iSCSI connection',
    level: 3,
    names: ['IscsiConnection', 'CommonConnection'],
    text: '`request.connection`, type `IscsiConnection`.',
  },
  { heading: 'iSCSI targets', level: 3, names: ['IscsiTarget'], text: 'An entry of `targets` of an iSCSI connection, type `IscsiTarget`.' },
  {
    heading: 'CHAP',
    level: 3,
    names: ['Chap', 'SessionAuth'],
    text: '`auth` of an iSCSI connection, type `SessionAuth`; without `target`, type `Chap`.',
  },
  {
    heading: 'NVMe connection',
    level: 3,
    names: ['NvmeConnection', 'CommonConnection'],
    text: '`request.connection`, type `NvmeConnection`. [NVMe over TCP](nvme.md) has an example.',
  },
  { heading: 'NVMe portals', level: 3, names: ['NvmePortal'], text: 'An entry of `portals` of an NVMe connection, type `NvmePortal`.' },
  {
    heading: 'NVMe namespace',
    level: 3,
    names: ['NvmeNamespaceName'],
    text: '`namespace` of an NVMe connection, type `NvmeNamespaceName`.',
  },
  {
    heading: 'NVMe host',
    level: 3,
    names: ['NvmeHostName'],
    text: '`host` of an NVMe connection, type `NvmeHostName`.',
  },
  {
    heading: 'Fibre Channel connection',
    level: 3,
    names: ['FibreChannelConnection', 'CommonConnection'],
    text: '`request.connection`, type `FibreChannelConnection`.',
  },
  {
    heading: 'Fibre Channel targets',
    level: 3,
    names: ['FibreChannelTarget'],
    text: 'An entry of `targets` of a Fibre Channel connection, type `FibreChannelTarget`.',
  },
  {
    heading: 'Local connection',
    level: 3,
    names: ['LocalConnection', 'CommonConnection'],
    text: '`request.connection`, type `LocalConnection`.',
  },
]
/** @type {readonly Section[]} */
const AFTER_POLICY = [
  {
    heading: 'Limits',
    level: 2,
    names: ['Limits'],
    text: '`limits` of the attacher, type `PartialLimits`. Every limit is a number from 1.',
  },
  {
    heading: 'Calls',
    level: 2,
    names: ['Call'],
    text: 'The last argument of every call, type `Call`. `events()` takes only `signal`, and `close()` has options of its own.',
  },
  { heading: 'attach()', level: 3, names: ['AttachCall'], text: 'Type `AttachCall`, besides the options of every call.' },
  { heading: 'detach()', level: 3, names: ['DetachCall'], text: 'Type `DetachCall`, besides the options of every call.' },
  { heading: 'resize()', level: 3, names: ['ResizeCall'], text: 'Type `ResizeCall`, besides the options of every call.' },
  { heading: 'forget()', level: 3, names: ['ForgetCall'], text: 'Type `ForgetCall`, besides the options of every call.' },
  { heading: 'heal()', level: 3, names: ['HealCall'], text: 'Type `HealCall`, besides the options of every call.' },
  { heading: 'recover()', level: 3, names: ['RecoverCall'], text: 'Type `RecoverCall`, besides the options of every call.' },
  { heading: 'enumerate()', level: 3, names: ['EnumerateCall'], text: 'Type `EnumerateCall`, besides the options of every call.' },
  {
    heading: 'doctor()',
    level: 3,
    names: ['DoctorCall'],
    text: 'Type `DoctorCall`, and `signal` of every call. [Doctor](doctor.md) describes the checks.',
  },
  { heading: 'close()', level: 3, names: ['CloseCall'], text: 'Type `CloseCall`.' },
  {
    heading: 'Functions without an attacher',
    level: 2,
    names: ['QueryOptions'],
    text: [
      '`enumerate(options)`, `identity(options)`, `doctor(options)` and `supportBundle(options)`, types `EnumerateOptions`, `QueryOptions`,',
      '`DoctorOptions` and `SupportBundleOptions`, besides the options of the call of the same name.',
    ].join('\n'),
  },
  {
    heading: 'supportBundle()',
    level: 3,
    names: ['SupportBundleOptions'],
    text: 'Type `SupportBundleOptions`, besides the options of `doctor()` without `login`.',
  },
  {
    heading: 'fromCinder()',
    level: 2,
    names: ['FromCinderOptions'],
    text: 'The last argument, type `FromCinderOptions`.',
  },
  {
    heading: 'toCinderConnector()',
    level: 2,
    names: ['CinderConnectorOptions'],
    text: 'The last argument, type `CinderConnectorOptions`.',
  },
  { heading: 'Host', level: 2, names: ['HostOptions'], text: '`createHost(options)`, type `HostOptions`.' },
  { heading: 'Uevents', level: 2, names: ['UeventsOptions'], text: '`uevents(options)`, type `UeventsOptions`.' },
]
/** The anchors of the options of each type. */
const ANCHORS = new Map([
  ['C', 'iscsi-connection'],
  ['Connection', 'iscsi-connection'],
  ['Chap', 'chap'],
  ['Expected', 'expected-volume'],
  ['Host', 'host'],
  ['IscsiTarget[]', 'iscsi-targets'],
  ['(NvmePortal | string)[]', 'nvme-portals'],
  ['NvmeHostName', 'nvme-host'],
  ['NvmeNamespaceName', 'nvme-namespace'],
  ['PartialLimits', 'limits'],
  ['PartialPolicy', 'policy'],
  ['SessionAuth', 'chap'],
])
/** Names for types whose own name has no meaning for readers. */
const CALLED = new Map([['C', 'Connection']])

/** @param {string} root */
export function pageOf(root) {
  const types = readTypes(root, FILES)
  /** @param {Section} section */
  const sectionOf = ({ heading, level, names, text = '' }) => {
    const options = names.flatMap((name) => types.interface(name).options)
    return [`${'#'.repeat(level)} ${heading}`, '', ...(text === '' ? [] : [text, '']), ...tableOf(options), '']
  }
  const protocols = new Set(types.interface('AttachmentByProtocol').options.map(({ name }) => name))
  const policy = types.interface('Policy').options
  const lines = [
    '# Options',
    '',
    'All options, with their types, defaults and meanings. This page is generated from the types and doc comments of the library by',
    '`npm run options`; a unit test fails if it is out of date. "–" means that there is no default: without the option, nothing is done about it.',
    'An option that is `undefined` counts as left out. An option that is not known is refused.',
    '',
    ...BEFORE_POLICY.flatMap(sectionOf),
    '## Policy',
    '',
    'Type `PartialPolicy`. The fields of one attach (`request.policy`) have precedence over those of the attacher (`policy` of `createAttacher()`),',
    'and these over the defaults.',
    '',
    ...tableOf(policy.filter(({ name }) => !protocols.has(name))),
    '',
    ...policy
      .filter(({ name }) => protocols.has(name))
      .flatMap((option) => [`### Policy of ${option.name}`, '', option.meaning, '', ...tableOf(option.parts, `${option.name}.`), '']),
    ...AFTER_POLICY.flatMap(sectionOf),
  ]
  return `${lines.join('\n').trimEnd()}\n`
}

/** @param {readonly Option[]} options @param {string} prefix of their names */
function tableOf(options, prefix = '') {
  return ['| option | type | default | meaning |', '| --- | --- | --- | --- |', ...options.flatMap((option) => rowsOf(option, prefix))]
}
/**
 * A required object has only the rows of its parts. Any other option has its own row before them.
 * @param {Option} option @param {string} prefix @returns {string[]}
 */
function rowsOf({ name, type, required, meaning, default: value, parts }, prefix) {
  const inner = parts.flatMap((part) => rowsOf(part, `${prefix}${name}.`))
  if (parts.length > 0 && required) return inner
  const cells = [`\`${prefix}${name}\``, typeOf(type), escaped(value ?? (required ? 'required' : '–')), escaped(inCell(meaning))]
  return [`| ${cells.join(' | ')} |`, ...inner]
}
/** @param {string} type */
function typeOf(type) {
  const anchor = ANCHORS.get(type)
  const text = `\`${escaped(CALLED.get(type) ?? type)}\``
  return anchor === undefined ? text : `[${text}](#${anchor})`
}
/** Puts the text in one line, with list items below each other. @param {string} meaning */
function inCell(meaning) {
  return meaning.replace(/\n(?:- )?/g, '<br>')
}
/** @param {string} text */
function escaped(text) {
  return text.replaceAll('|', '\\|')
}
