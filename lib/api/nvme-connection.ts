/** The connection of an NVMe namespace. */
import type { Secret } from '../core/secret.js'
import type { CommonConnection } from './common-connection.js'

/** Connection of a volume over NVMe over Fabrics. */
export interface NvmeConnection extends CommonConnection {
  /** The protocol. */
  readonly protocol: 'nvme'
  /** NVMe qualified name of the subsystem: 1–222 bytes that begin with `nqn.`. */
  readonly nqn: string
  /** One entry for each path to the subsystem, at least one. Two entries that are equal are refused. */
  readonly portals: readonly (NvmePortal | string)[]
  /**
   * Which namespace of the subsystem is the volume: at least one identifier. Every one that is given must fit. An `nsid` alone names a place:
   * storage may put another volume there.
   */
  readonly namespace: NvmeNamespaceName
  /** Portals of discovery services that know further portals of the subsystem. Not supported yet: `ERR_UNSUPPORTED`. */
  readonly discovery?:
    | {
        /** Portals of discovery services. */
        readonly portals: readonly (NvmePortal | string)[]
      }
    | undefined
  /** The pair with which this host connects. Default: the pair of the host, as `identity()` returns it. */
  readonly host?: NvmeHostName | undefined
  /** Secrets of DH-HMAC-CHAP. Not supported yet: `ERR_UNSUPPORTED`. */
  readonly auth?: NvmeAuth | undefined
  /**
   * TLS, with a key that is in the kernel's keyring already. Not supported yet: `ERR_UNSUPPORTED`.
   * @default false
   */
  readonly tls?:
    | boolean
    | {
        /** Serial number of the keyring. Default: the kernel's own, `.nvme`. */
        readonly keyring?: number | undefined
        /** Serial number of the key. Default: the one that the kernel finds. */
        readonly key?: number | undefined
      }
    | undefined
}
/**
 * One portal of a subsystem. It may also be given as text: `tcp://192.0.2.1:4420`, `nvmf+tcp://[2001:db8::1]`,
 * `tcp://storage.example?host-iface=eth1`.
 */
export interface NvmePortal {
  /** Transport. `rdma` and `fc` are not supported yet: `ERR_UNSUPPORTED`. */
  readonly transport: 'tcp' | 'rdma' | 'fc'
  /**
   * IPv4 address, IPv6 address without brackets, or host name. The host resolves a name once for each attach; each address is a path. A
   * link-local address needs its zone: `fe80::1%eth0`. For Fibre Channel: `nn-0x…:pn-0x…`.
   */
  readonly address: string
  /**
   * Port; not for Fibre Channel.
   * @default 4420
   */
  readonly port?: number | undefined
  /** Address of this host that the connection uses. Default: the kernel chooses. */
  readonly hostAddress?: string | undefined
  /** Network interface of this host that the connection uses; only for TCP. Default: the kernel chooses. */
  readonly hostInterface?: string | undefined
}
/** Identifiers of a namespace, in any spelling. */
export interface NvmeNamespaceName {
  /** UUID. Of a namespace without a UUID, its NGUID may be given here. */
  readonly uuid?: string | undefined
  /** NGUID: 32 hexadecimal digits. */
  readonly nguid?: string | undefined
  /** EUI-64: 16 hexadecimal digits. */
  readonly eui64?: string | undefined
  /** Number of the namespace in its subsystem: 1 … 2^32 − 2. */
  readonly nsid?: number | string | undefined
}
/** By what a subsystem knows this host. */
export interface NvmeHostName {
  /** NVMe qualified name. */
  readonly nqn: string
  /** Host identifier: a UUID. Default: the one of the host if `nqn` is the host's, or else the UUID in `nqn`. */
  readonly id?: string | undefined
}
/** Secrets of DH-HMAC-CHAP, in the form `DHHC-1:…`. */
export interface NvmeAuth {
  /** Secret of the host. */
  readonly secret: Secret | string
  /** Secret with which the subsystem must authenticate itself. Default: it is not asked. */
  readonly target?: Secret | string | undefined
}
/** Connection of an NVMe namespace without secrets. */
export interface NvmeConnectionWithoutSecrets extends Omit<NvmeConnection, 'auth'> {
  /** Says only that the connection has secrets. */
  readonly auth?: Partial<Readonly<Record<keyof NvmeAuth, never>>>
}
