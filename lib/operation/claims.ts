import { BrickworkError, isBrickworkError } from '../core/errors.js'
import type { ChangedFiles, FolderState, Host } from '../core/host.js'
import { Window } from '../core/deadline.js'
import { NEVER } from '../core/light-signal.js'
import { SharedQuery } from '../core/shared-query.js'
import { type Claim, ClaimIndex, type ReadClaims } from './claim-index.js'
import { digest } from './digest.js'
import { type Entry, type EntryCore, type HostObject, keysOf, SCHEMA } from './entry.js'
import { formatEntry, parseEntry, parseNewerCore } from './entry-text.js'
import { isContent, type KnownClaim, knownClaim } from './known-claim.js'
import { accessing, isUnusable } from './state-access.js'
import { removeTemporaries } from './temporaries.js'

/** The id of the claim that records the removal of orphans. No caller can use it as an id. */
export const ORPHANS = ''

/** Claims are in memory. A query that takes longer would delay other operations too, so it is replaced by reading each file. */
const TOGETHER_MS = 500
const SUFFIX = '.json'

/** Result of a query: all claims, or those that changed since the state that it was compared with. */
interface Snapshot {
  /** For the next query; `undefined`: the next query must read all claims. */
  readonly state: FolderState | undefined
  readonly isAll: boolean
  readonly files: ReadonlyMap<string, Uint8Array | BrickworkError | undefined>
  readonly gone: readonly string[]
}

/**
 * Claims of all owners on the objects of this host, in the run directory. They are as current as the last step. Like the objects
 * themselves, they are gone after a reboot. An operation that creates, takes over or removes an object does so under that object's lock,
 * and also writes the claim under that lock.
 */
export class Claims {
  readonly #host: Host
  readonly #directory: string
  readonly #boot: string
  readonly #query: SharedQuery<void>
  /** Each file as it was last read or written: claims are read far more often than they change. */
  readonly #known = new Map<string, KnownClaim>()
  /** Keys of the objects that this process began to create, while one of its claims names them. */
  readonly #begun = new Set<string>()
  /** Results of all queries up to the latest that has ended. */
  readonly #index = new ClaimIndex()
  #state: FolderState | undefined
  #queries = 0
  #latest = 0

  constructor(host: Host, runDir: string, boot: string) {
    this.#host = host
    this.#directory = `${runDir}/claims`
    this.#boot = boot
    this.#query = new SharedQuery(host.clock, () => this.#catchUp())
  }
  async open(): Promise<void> {
    await accessing('directory', this.#directory, () => this.#host.files.makeDirectory(this.#directory, 0o700))
  }
  /** The claim, if it was made in this boot. */
  async read(owner: string, id: string): Promise<Entry | undefined> {
    return this.#parse(nameOf(owner, id), await this.#bytesOf(nameOf(owner, id)))
  }
  fileOf(owner: string, id: string): string {
    return `${this.#directory}/${nameOf(owner, id)}`
  }
  /** As {@link Claims.read}, in the text of its file without the newline at its end. */
  claimIn(owner: string, id: string, text: string | undefined): Entry | undefined {
    return this.#parse(nameOf(owner, id), text === undefined ? undefined : Buffer.from(`${text}\n`))
  }
  /** @param name file name of the claim, if the caller knows it */
  async write(entry: Entry, name = claimName(entry)): Promise<void> {
    const text = formatEntry(entry)
    // A file with exactly this text need not be parsed again.
    this.#known.set(name, knownClaim(entry, text))
    await this.#host.files.replace(`${this.#directory}/${name}`, text, 0o600)
  }
  async drop(owner: string, id: string): Promise<void> {
    const name = nameOf(owner, id)
    await this.#host.files.remove(this.fileOf(owner, id))
    // Queries do not see a claim that appears and disappears between two of them.
    const known = this.#known.get(name)
    this.#known.delete(name)
    if (known !== undefined) this.letGo(keysOf(known.entry))
  }
  /** Number of remembered claims and objects. */
  get size(): number {
    return this.#known.size + this.#begun.size + this.#index.names.length
  }
  /** This process is about to create an object that does not exist, or has created it. */
  begin(key: string): void {
    this.#begun.add(key)
  }
  /** A claim of this process no longer names these objects. */
  letGo(keys: Iterable<string>): void {
    for (const key of keys) if (this.#index.about(key).length <= 1) this.#begun.delete(key)
  }
  async tidy(): Promise<void> {
    await removeTemporaries(this.#host, this.#directory)
  }
  /** Claims of this boot, of all owners. Omits those that can't be read. */
  async all(): Promise<readonly Entry[]> {
    return (await this.survey()).entries
  }
  /** All claims that can be read, and an error for each file that can't. During an attach storm, concurrent callers share one query. */
  async survey(): Promise<ReadClaims> {
    await this.#query.ask()
    return this.#index.survey()
  }
  /** Processes only what has changed since the last query. Of a thousand claims, that is very little. */
  async #catchUp(): Promise<void> {
    for (;;) {
      const query = ++this.#queries
      const since = this.#state
      const seen = await this.#see(since)
      // A query that was delayed and ends after a later one has older data.
      if (query < this.#latest) return
      // Another query has changed the state that this one compared with.
      if (!seen.isAll && since !== this.#state) continue
      this.#take(seen)
      this.#latest = query
      return
    }
  }
  #take({ state, isAll, files, gone }: Snapshot): void {
    const missing = isAll ? [...this.#index.names, ...this.#known.keys()].filter((name) => !files.has(name)) : gone
    for (const name of missing) {
      const before = this.#index.entry(name)
      this.#known.delete(name)
      this.#index.set(name, undefined)
      // Two claims of the same object may have ended between two queries.
      for (const key of before === undefined ? [] : keysOf(before)) if (this.#index.about(key).length === 0) this.#begun.delete(key)
    }
    for (const [name, bytes] of files) this.#index.set(name, this.#claimIn(name, bytes))
    this.#state = state
  }
  #claimIn(name: string, read: Uint8Array | BrickworkError | undefined): Claim {
    if (read instanceof Error) return read
    try {
      return this.#parse(name, read)
    } catch (error) {
      if (!isBrickworkError(error, 'ERR_STATE')) throw error
      const core = parseNewerCore(Buffer.from(read ?? []).toString('utf8'))
      if (core === undefined) return error
      return core.boot === this.#boot ? claimedBy(core) : undefined
    }
  }
  /** Claims that contain a word: the key of an object or of a pending login, a target, or a WWID of disks. */
  async about(word: string): Promise<readonly Entry[]> {
    return await this.aboutAny([word])
  }
  /** As {@link Claims.aboutAny}, by the query that has ended last. */
  known(words: readonly string[]): readonly Entry[] {
    return [...new Set(words.flatMap((word) => this.#index.about(word)))]
  }
  /** Claims that contain at least one of the words. */
  async aboutAny(words: readonly string[]): Promise<readonly Entry[]> {
    if (words.length === 0) return []
    await this.#query.ask()
    return this.known(words)
  }
  /**
   * The error when it is unknown whether another attachment uses an object, since a claim that can't be read may name it. `undefined` when
   * it is known, or when this process itself began to create it. Based on the last answer of {@link Claims.about}.
   */
  unclear(key: string): BrickworkError | undefined {
    const { unread } = this.#index
    if (unread === undefined || this.#begun.has(key)) return undefined
    return new BrickworkError('ERR_STATE', `Cannot determine whether another attachment uses ${key}. ${unread.message}`, {
      details: unread.details,
      cause: unread,
    })
  }
  /** What other attachments record about this object. The removal of orphans uses nothing: it may give up, and names nothing then. */
  async others(owner: string, id: string, key: string): Promise<HostObject[]> {
    const claims = await this.othersOf(owner, id, [key])
    return claims.flatMap((entry) => entry.objects.filter((object) => object.key === key))
  }
  /** The claims of other attachments that contain one of the keys. */
  async othersOf(owner: string, id: string, keys: readonly string[]): Promise<Entry[]> {
    return (await this.aboutAny(keys)).filter((entry) => (entry.owner !== owner || entry.id !== id) && entry.id !== ORPHANS)
  }

  async #see(since: FolderState | undefined): Promise<Snapshot> {
    const changed = await this.#together(since)
    if (changed === undefined) {
      const names = (await this.#host.files.list(this.#directory)).filter((name) => name.endsWith(SUFFIX))
      return { state: undefined, isAll: true, files: await this.#eachOf(names), gone: [] }
    }
    const { state, files, gone, unread } = changed
    const all = unread.length === 0 ? files : new Map([...files, ...(await this.#eachOf(unread))])
    return { state, isAll: since === undefined, files: all, gone }
  }
  /**
   * Reads all changes in one call: during an attach storm there are many claims, and each operation reads them repeatedly. `undefined` when
   * the call failed or took too long. Reading each file by itself then gives the reason.
   */
  async #together(since: FolderState | undefined): Promise<ChangedFiles | undefined> {
    using window = new Window(this.#host.clock, TOGETHER_MS, NEVER, 'claims')
    try {
      return await this.#host.kernel.readChanged({ directory: this.#directory, suffix: SUFFIX, since }, window.signal)
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return undefined
    }
  }
  async #eachOf(names: readonly string[]): Promise<Map<string, Uint8Array | BrickworkError | undefined>> {
    const bytesOf = (name: string) =>
      this.#bytesOf(name).catch((error: unknown) => {
        if (!isUnusable(error)) throw error
        return error
      })
    return new Map(await Promise.all(names.map(async (name) => [name, await bytesOf(name)] as const)))
  }
  async #bytesOf(name: string): Promise<Uint8Array | undefined> {
    const file = `${this.#directory}/${name}`
    return await accessing('file', file, () => this.#host.files.readBytes(file))
  }
  #parse(name: string, bytes: Uint8Array | undefined): Entry | undefined {
    if (bytes === undefined) {
      this.#known.delete(name)
      return undefined
    }
    const known = this.#known.get(name)
    if (known !== undefined && isContent(known, bytes)) return this.#current(known.entry)
    const file = `${this.#directory}/${name}`
    try {
      const entry = parseEntry(Buffer.from(bytes).toString('utf8'), file)
      // A copy: these bytes are part of the answer for all claims, which one claim must not keep in memory.
      this.#known.set(name, knownClaim(entry, Uint8Array.from(bytes)))
      return this.#current(entry)
    } catch (error) {
      if (isBrickworkError(error, 'ERR_STATE')) this.#host.log.warn({ file, error }, 'a claim could not be read')
      throw error
    }
  }
  #current(entry: Entry): Entry | undefined {
    return entry.boot === this.#boot ? entry : undefined
  }
}

/** A claim of a newer version contains its keys, but not whether the objects existed before. */
function claimedBy({ id, owner, boot, keys }: EntryCore): Entry {
  const objects = keys.map((key): HostObject => ({ kind: 'unknown', key, origin: 'found', data: {} }))
  const nothing = { pending: [], layers: [], publications: [], result: null }
  return { schema: SCHEMA, id, owner, boot, state: 'attached', pid: 0, atMs: 0, connection: { protocol: '' }, objects, ...nothing }
}

const nameOf = (owner: string, id: string) => `${digest(owner, id)}${SUFFIX}`
/** Name of the claim's file in the directory of claims. */
export const claimName = ({ owner, id }: Pick<Entry, 'owner' | 'id'>): string => nameOf(owner, id)
