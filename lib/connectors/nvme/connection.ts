/** The connection of an NVMe namespace: its schema and its canonical form. */
import type * as zod from 'zod'
import { z } from '../../connection/zod.js'
import type { NvmeConnection, NvmeNamespaceName, NvmePortal } from '../../api/nvme-connection.js'
import { accessMode, line } from '../../connection/check.js'
import type { CanonicalConnection, ConnectionForm, Unsupported } from '../../connection/form.js'
import { lazy } from '../../core/lazy.js'
import { meaningOfNguid, meaningOfUuid } from '../../core/volume-name.js'
import { Secret } from '../../core/secret.js'
import { DISCOVERY_NQN } from '../../linux/nvme/controller.js'
import { nvmeCinder } from './cinder.js'
import { canonicalNvmePortal, parsePortalUri, portalKey, portalLabel, whyNoNvmePortal } from './portal.js'

/** The kernel refuses longer names (include/linux/nvme.h, NVMF_NQN_SIZE, which counts the zero at the end). */
const MOST_NQN_BYTES = 222
/**
 * The kernel reads its options from one text and splits it at commas and line breaks (drivers/nvme/host/fabrics.c, nvmf_parse_options). Such
 * a character in a value would be another option.
 */
const INJECTION = /[\s,\p{Cc}\p{Cs}]/u
const NQN_RULE = `must begin with nqn. and have at most ${MOST_NQN_BYTES} bytes, without spaces, commas and control characters`

/** Made when the first connection is checked. */
const schemas = lazy(() => {
  const nqn = z
    .string()
    .refine((text) => text.startsWith('nqn.') && Buffer.byteLength(text) <= MOST_NQN_BYTES && !INJECTION.test(text), NQN_RULE)
  const subsystemNqn = nqn.refine((text) => text !== DISCOVERY_NQN, 'is the name of the discovery service, which has no volumes')
  const uuid = z
    .string()
    .refine((text) => !INJECTION.test(text) && hexOf(meaningOfUuid(text)) !== undefined, 'must be a UUID that is not zero')
  const nguid = z
    .string()
    .refine((text) => hexOf(meaningOfNguid(text)) !== undefined, 'must have 32 hexadecimal digits that are not all zero')
  const eui64 = z.string().refine((text) => parseEui64(text) !== undefined, 'must have 16 hexadecimal digits that are not all zero')
  const nsid = z
    .union([z.number(), z.string()])
    .refine((value) => parseNsid(value) !== undefined, 'must be a whole number from 1 to 4294967294')
  const namespace = z
    .strictObject({ uuid: uuid.optional(), nguid: nguid.optional(), eui64: eui64.optional(), nsid: nsid.optional() })
    .refine((given) => Object.values(given).some((value) => value !== undefined), 'must have a uuid, nguid, eui64 or nsid')

  const portalFields = z.strictObject({
    transport: z.enum(['tcp', 'rdma', 'fc']),
    address: line(255),
    port: z.int().min(1).max(65_535).optional(),
    hostAddress: line(255).optional(),
    hostInterface: line(15).optional(),
  })
  const portalObject = portalFields.superRefine((portal, context) => {
    const why = whyNoNvmePortal(portal)
    if (why !== undefined) context.addIssue({ code: 'custom', path: [why.field], message: why.message })
  })
  const portalUri = line(512).superRefine((text, context) => {
    const parsed = parsePortalUri(text)
    const message = typeof parsed === 'string' ? parsed : whyNoNvmePortal(parsed)?.message
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })
  const portalList = z.array(z.union([portalObject, portalUri])).superRefine((portals, context) => {
    const seen = new Map<string, number>()
    for (const [index, each] of portals.entries()) {
      const key = portalKey(portalOf(each))
      const first = seen.get(key)
      if (first === undefined) seen.set(key, index)
      else context.addIssue({ code: 'custom', path: [index], message: `is the same portal as portals[${first}]` })
    }
  })
  const secretText = line(255).refine((text) => !INJECTION.test(text), 'must have no spaces and commas')
  const secret = z.union([
    secretText,
    z
      .instanceof(Secret)
      .refine(
        (given) => secretText.safeParse(given.reveal()).success,
        'must have 1 to 255 bytes, without spaces, commas and control characters',
      ),
  ])
  const auth = z.strictObject({ secret, target: secret.optional() })
  const serial = z.int().min(1).max(2_147_483_647)
  const fields = z.strictObject({
    protocol: z.literal('nvme'),
    nqn: subsystemNqn,
    portals: portalList,
    namespace,
    discovery: z.strictObject({ portals: portalList.min(1, 'must name at least one portal') }).optional(),
    host: z.strictObject({ nqn, id: uuid.optional() }).optional(),
    auth: auth.optional(),
    tls: z.union([z.boolean(), z.strictObject({ keyring: serial.optional(), key: serial.optional() })]).optional(),
    access: accessMode(),
  })
  const seconds = z.int().min(1).max(86_400).optional()
  const policy = z.strictObject({
    ctrlLossTimeoutSec: z.int().min(-1).max(86_400).optional(),
    reconnectDelaySec: seconds,
    fastIoFailTimeoutSec: seconds,
    keepAliveSec: seconds,
    ioQueues: z.int().min(1).max(65_535).optional(),
    queueSize: z.int().min(16).max(1024).optional(),
    headerDigest: z.boolean().optional(),
    dataDigest: z.boolean().optional(),
  })
  return {
    auth,
    policy,
    fields,
    connection: fields.superRefine(checkTogether),
    reference: fields.extend({ auth: auth.partial().optional() }).superRefine(checkTogether),
  }
})
function checkTogether(
  { portals, discovery }: { readonly portals: readonly unknown[]; readonly discovery?: unknown },
  context: zod.RefinementCtx,
): void {
  if (portals.length === 0 && discovery === undefined)
    context.addIssue({ code: 'custom', path: ['portals'], message: 'must name at least one portal' })
}

export const nvmeForm: ConnectionForm<NvmeConnection> = {
  protocol: 'nvme',
  get schema() {
    return schemas().connection
  },
  get reference() {
    return schemas().reference
  },
  get auth() {
    return schemas().auth
  },
  policy: {
    get schema() {
      return schemas().policy
    },
    defaults: {},
  },
  cinder: nvmeCinder,
  unsupported,
  canonical,
  describe: (connection) => {
    const { nqn: name, portals } = connection as unknown as NvmeConnection
    return portals.map((each) => `${name} at ${portalLabel(portalOf(each))}`)
  },
}

/** What later versions will support. */
function unsupported({ portals, discovery, auth: secrets, tls }: NvmeConnection): Unsupported | undefined {
  const index = portals.findIndex((each) => portalOf(each).transport !== 'tcp')
  const other = portals[index]
  if (other !== undefined)
    return { field: `portals[${index}].transport`, message: `${portalOf(other).transport} is not supported yet, only tcp` }
  if (discovery !== undefined) return { field: 'discovery', message: 'is not supported yet: name the portals' }
  if (secrets !== undefined) return { field: 'auth', message: 'is not supported yet' }
  if (tls !== undefined && tls !== false) return { field: 'tls', message: 'is not supported yet' }
  return undefined
}

/** A portal of a checked connection. */
export function portalOf(portal: NvmePortal | string): NvmePortal {
  const parsed = typeof portal === 'string' ? parsePortalUri(portal) : portal
  return typeof parsed === 'string' ? { transport: 'tcp', address: '' } : parsed
}
/** The identifiers of a checked connection: digits in lower case, without separators. */
export interface WantedNamespace {
  readonly uuid: string | undefined
  readonly nguid: string | undefined
  readonly eui64: string | undefined
  readonly nsid: number | undefined
}
export function wantedOf({ uuid: id, nguid: guid, eui64: eui, nsid: number }: NvmeNamespaceName): WantedNamespace {
  return {
    uuid: id === undefined ? undefined : hexOf(meaningOfUuid(id)),
    nguid: guid === undefined ? undefined : hexOf(meaningOfNguid(guid)),
    eui64: eui === undefined ? undefined : parseEui64(eui),
    nsid: number === undefined ? undefined : parseNsid(number),
  }
}
/** A UUID in its usual spelling. */
export function hyphenated(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

function canonical({ nqn: name, portals, namespace: volume, discovery, host, auth: secrets, tls }: NvmeConnection): CanonicalConnection {
  const { uuid: id, nguid: guid, eui64: eui, nsid: number } = wantedOf(volume)
  const hostId = host?.id === undefined ? undefined : hexOf(meaningOfUuid(host.id))
  const list = (given: NvmeConnection['portals']) => given.map((each) => canonicalNvmePortal(portalOf(each)))
  return {
    protocol: 'nvme',
    nqn: name,
    portals: list(portals),
    namespace: {
      ...(id === undefined ? {} : { uuid: hyphenated(id) }),
      ...(guid === undefined ? {} : { nguid: guid }),
      ...(eui === undefined ? {} : { eui64: eui }),
      ...(number === undefined ? {} : { nsid: number }),
    },
    ...(discovery === undefined ? {} : { discovery: { portals: list(discovery.portals) } }),
    ...(host === undefined ? {} : { host: { nqn: host.nqn, ...(hostId === undefined ? {} : { id: hyphenated(hostId) }) } }),
    ...(secrets === undefined ? {} : { auth: {} }),
    ...(tls === undefined || tls === false ? {} : { tls }),
  }
}

/** The digits of the only name that a text has. Zeros stand for no identifier. */
function hexOf(names: readonly string[]): string | undefined {
  const digits = names[0]?.replace(/^(uuid|eui)\./, '')
  return digits === undefined || /^0+$/.test(digits) ? undefined : digits
}
function parseEui64(text: string): string | undefined {
  const digits = text
    .trim()
    .toLowerCase()
    .replace(/^(eui\.|0x)/, '')
    .replaceAll(/(?<=[0-9a-f]{2})[ :-](?=[0-9a-f]{2})/g, '')
  return /^(?!0+$)[0-9a-f]{16}$/.test(digits) ? digits : undefined
}
/** NVMe Base 2.0, 3.2.1: 0 and 2^32 − 1 are no numbers of a namespace. */
function parseNsid(value: number | string): number | undefined {
  const number = typeof value === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isInteger(number) && number >= 1 && number <= 0xff_ff_ff_fe ? number : undefined
}
