import type { BrickworkError } from '../core/errors.js'
import type { Host } from '../core/host.js'
import { requireInvariant } from '../core/invariant.js'
import { NEVER } from '../core/light-signal.js'
import { LinkedSignal, NOT_NEEDED } from '../core/signal.js'
import { claimName, type Claims } from './claims.js'
import type { Entry, HostObject, Pending } from './entry.js'

export type KnownOrigin = Exclude<HostObject['origin'], 'intended'>

/** How long a change waits for those of logins under way, so that one write has all of them. */
const GATHER_MS = 50

/** Changes of an entry that belong together: the claim has all of them or none. */
export interface Changes {
  /** Objects to add, or to replace by their key. */
  readonly own?: readonly HostObject[]
  /** Keys of objects that did not exist before this process's own work. Default: those of intended objects. */
  readonly begun?: readonly string[]
  /** Work that is about to begin. */
  readonly pend?: Pending
  /** Key of pending work that has ended. */
  readonly resolved?: string
}

/**
 * Records what an operation does for its attachment. Several paths may come up in parallel. Changes happen in memory at once and are
 * written one after another, so that the claim never returns to an earlier state.
 */
export class EntryWriter {
  readonly #host: Host
  readonly #claims: Claims
  readonly #about: Pick<Entry, 'owner' | 'id'>
  readonly #name: string
  #entry: Entry
  #touched = false
  readonly #readWords = new Set<string>()
  #written: Promise<void> = Promise.resolve()
  /** A write that has not begun yet. It will contain all changes until then. */
  #due: Promise<void> | undefined
  /** Whether that write waits for further changes, and what ends its wait. */
  #gathers = false
  #hurry: LinkedSignal | undefined

  constructor(host: Host, claims: Claims, entry: Entry) {
    this.#host = host
    this.#claims = claims
    this.#entry = entry
    this.#about = entry
    this.#name = claimName(entry)
  }
  get entry(): Entry {
    return this.#entry
  }
  /** Whether this operation created or began anything on the host, including what it has rolled back. */
  get touched(): boolean {
    return this.#touched
  }
  /**
   * Changes the entry. The claim contains the change when this resolves.
   * @param isPatient the write may wait for the changes of pending work, for {@link GATHER_MS}. Pending work must stand for the change until then.
   */
  async update(change: Partial<Entry>, isPatient = false): Promise<void> {
    const before = this.#entry
    this.#entry = { ...before, ...change, atMs: this.#host.clock.wallMs() }
    const { objects, pending } = this.#entry
    if (objects !== before.objects || pending !== before.pending) this.#claims.letGo(keysNoMoreIn(before, this.#entry))
    this.#touched ||= pending.length > 0 || objects.some(({ origin }) => origin !== 'found')
    const waits = isPatient && pending.length > 0
    this.#gathers = waits && (this.#due === undefined || this.#gathers)
    if (!waits) this.#hurry?.abort(NOT_NEEDED)
    this.#due ??= this.#written.then(this.#turn, this.#turn).then(this.#write)
    this.#written = this.#due
    await this.#due
  }
  /** Parallel paths that change the entry in the same turn share a write. */
  readonly #turn = async (): Promise<void> => {
    const { clock } = this.#host
    if (this.#gathers) {
      this.#hurry = new LinkedSignal()
      await clock.sleep(GATHER_MS, this.#hurry.signal).catch(() => undefined)
      this.#hurry = undefined
    }
    await clock.sleep(0, NEVER)
  }
  readonly #write = async (): Promise<void> => {
    this.#due = undefined
    const { owner, id } = this.#about
    const isSame = this.#entry.owner === owner && this.#entry.id === id
    await this.#claims.write(this.#entry, isSame ? this.#name : claimName(this.#entry))
  }
  /** Adds an object, or replaces its record. `begun`: the object did not exist before this process's own work. */
  async own(object: HostObject, begun = object.origin === 'intended'): Promise<void> {
    await this.record({ own: [object], begun: begun ? [object.key] : [] })
  }
  /** Replaces the record of an object, with the next write. Until then the claim has its former record, with which a release does the same. */
  confirm(object: HostObject): void {
    this.#entry = { ...this.#entry, objects: this.#entry.objects.map((each) => (each.key === object.key ? object : each)) }
  }
  /** Writes several changes at once. */
  async record({ own = [], begun = intendedIn(own), pend, resolved }: Changes, isPatient = false): Promise<void> {
    for (const key of [...begun, ...(pend === undefined ? [] : [pend.key])]) this.#claims.begin(key)
    const { objects, pending } = this.#entry
    const change = {
      objects: [...objects.filter(({ key }) => !own.some((object) => object.key === key)), ...own],
      pending: [...pending.filter(({ key }) => key !== pend?.key && key !== resolved), ...(pend === undefined ? [] : [pend])],
    }
    await this.update(change, isPatient)
  }
  async disown(key: string): Promise<void> {
    await this.update({ objects: this.#entry.objects.filter((object) => object.key !== key) })
  }
  async pend(pending: Pending): Promise<void> {
    await this.record({ pend: pending })
  }
  async resolved(key: string): Promise<void> {
    if (this.#entry.pending.some((each) => each.key === key)) await this.record({ resolved: key })
  }
  /** Checks that an object or pending work is recorded before it begins. @throws `ERR_INTERNAL` */
  requireRecorded(key: string): void {
    const { objects, pending, id } = this.#entry
    const isRecorded = [...objects, ...pending].some((each) => each.key === key)
    requireInvariant(this.#host, 'recorded before created', isRecorded, { key, id })
  }
  /** Checks that an object to be removed was not created by another program. @throws `ERR_INTERNAL` */
  requireOurs({ key, origin }: HostObject): void {
    requireInvariant(this.#host, 'only what is ours is removed', origin !== 'found', { key, id: this.#entry.id })
  }
  /** What other attachments, of any owner, record about this object. */
  async others(key: string): Promise<HostObject[]> {
    const { owner, id } = this.#entry
    return await this.#claims.others(owner, id, key)
  }
  /**
   * All claims with a word that this claim has too. An operation that writes such a claim from now on, and then reads, finds this one.
   * So for the word {@link EntryWriter.foundBy} reads nothing.
   */
  async readAbout(word: string): Promise<readonly Entry[]> {
    const found = await this.#claims.about(word)
    this.#readWords.add(word)
    return found
  }
  /** The claims with one of these words, by {@link EntryWriter.readAbout} if it was called for one of them. */
  async foundBy(words: readonly string[]): Promise<readonly Entry[]> {
    return words.some((word) => this.#readWords.has(word)) ? this.#claims.known(words) : await this.#claims.aboutAny(words)
  }
  /** Other attachments, of any owner, that name one of the keys. */
  async othersOf(keys: readonly string[]): Promise<Entry[]> {
    const { owner, id } = this.#entry
    return await this.#claims.othersOf(owner, id, keys)
  }
  /** Like {@link Claims.unclear}. Call it after {@link EntryWriter.others}, which reads the claims. */
  unclear(key: string): BrickworkError | undefined {
    return this.#claims.unclear(key)
  }
  /** @throws the error that {@link Claims.unclear} returns. */
  requireClear(key: string): void {
    const unclear = this.unclear(key)
    if (unclear !== undefined) throw unclear
  }
  /** Whether another attachment uses an object, or may use it according to a claim that can't be read. */
  async mayBeShared(key: string): Promise<boolean> {
    return (await this.others(key)).length > 0 || this.unclear(key) !== undefined
  }
  /** The origin of an object that already exists: `found` unless a claim says that Brickwork created or adopted it. */
  async originOf(key: string): Promise<KnownOrigin> {
    return this.originAmong(await this.#claims.about(key), key)
  }
  /** The same, from claims that were read under the object's lock. */
  originAmong(claims: readonly Entry[], key: string): KnownOrigin {
    const { owner, id } = this.#entry
    const others = claims.filter((each) => each.owner !== owner || each.id !== id)
    const origins = [this.#entry, ...others].flatMap(({ objects }) =>
      objects.filter((each) => each.key === key).map(({ origin }) => origin),
    )
    if (origins.includes('adopted')) return 'adopted'
    return origins.some((origin) => origin !== 'found') ? 'created' : 'found'
  }
}

function intendedIn(objects: readonly HostObject[]): string[] {
  return objects.filter(({ origin }) => origin === 'intended').map(({ key }) => key)
}

function keysNoMoreIn(before: Entry, now: Entry): string[] {
  const isIn = (all: Entry['objects'] | Entry['pending'], wanted: string) => all.some(({ key }) => key === wanted)
  const gone: string[] = []
  for (const all of [before.objects, before.pending])
    for (const { key } of all) if (!isIn(now.objects, key) && !isIn(now.pending, key)) gone.push(key)
  return gone
}
