/** A whole recovery: entries of this owner, interrupted work of other owners, and orphans. */
import { type BrickworkError, isBrickworkError } from '../../core/errors.js'
import type { RecoverCall, RecoveryAction, RecoveryReport } from '../../api/recovery.js'
import type { Call } from '../../api/call.js'
import { adoptedId, adoptionPlanned, adoptVolume } from './adopt.js'
import { knownEntry } from '../known-entry.js'
import { type Connector, type Orphan, type Orphans, type Unverified, survivingOf } from '../../operation/connector.js'
import { ORPHANS } from '../../operation/claims.js'
import type { Entry } from '../../operation/entry.js'
import type { Journal } from '../journal.js'
import type { OperationRunner } from '../operation-runner.js'
import { fileOf } from '../../operation/state-access.js'
import type { Operation, AttacherContext } from '../../operation/operation.js'
import { leftAction, planRemoval, removeOrphans } from './orphans.js'
import { carryOut, judge } from './recover-volume.js'

const NO_ORPHANS: Orphans = { mine: [], foreign: [] }

export interface RecoveryDeps {
  readonly context: AttacherContext
  readonly runner: OperationRunner
  readonly journal: Journal
  readonly connectors: ReadonlyMap<string, Connector>
  readonly connectorOf: (protocol: string) => Connector
}

export class Recovery {
  readonly #deps: RecoveryDeps

  constructor(deps: RecoveryDeps) {
    this.#deps = deps
  }
  async run({ dryRun = false, adopt = false, ...call }: RecoverCall): Promise<RecoveryReport> {
    const { runner } = this.#deps
    if (!dryRun) runner.requireChanges('recover')
    const timed = runner.timed(call)
    const { mine, others, errors } = await runner.query(timed(), () => this.#written(dryRun))
    const entries = await Promise.all(mine.map((id) => this.#one(id, timed, dryRun)))
    const actions = [
      ...entries.filter((action) => action !== undefined),
      ...errors.map((error): RecoveryAction => ({ id: null, what: fileOf(error), action: 'left', reason: error.message })),
      ...(await this.#interruptedElsewhere(others, timed)),
    ]
    for (const connector of this.#deps.connectors.values()) {
      const found = await this.#orphans(connector, timed, { dryRun, adopt, unread: errors.map(fileOf) })
      // Two transports may see the same object of another program: a map without paths is nobody's.
      actions.push(...found.filter((each) => each.action !== 'foreign' || actions.every(({ what }) => what !== each.what)))
    }
    if (!dryRun) await this.#tidy(timed)
    return { dryRun, actions }
  }
  /** Removes what the kernel has found again of volumes that this owner has detached. */
  async sweep(call: Call): Promise<void> {
    const { runner, connectors } = this.#deps
    const timed = runner.timed(call)
    for (const connector of connectors.values()) {
      if (!(await runner.query(timed(), async (operation) => (await connector.mayReturn?.(operation)) === true))) continue
      const { errors } = await runner.query(timed(), () => this.#written(true))
      await this.#orphans(connector, timed, { dryRun: false, adopt: false, unread: errors.map(fileOf) })
    }
  }
  /** Recovers one attachment. The caller holds its lock. */
  async known(operation: Operation, dryRun: boolean): Promise<RecoveryAction | undefined> {
    const { journal, connectorOf } = this.#deps
    const known = await knownEntry(operation, journal)
    if (known === undefined) return undefined
    const connector = connectorOf(known.connection.protocol)
    const judgement = await judge(operation, connector, known)
    return dryRun ? judgement.action : await carryOut(operation, connector, journal, known, judgement)
  }

  /** Leftover files are harmless: a failure is only logged. */
  async #tidy(timed: () => Call): Promise<void> {
    const { context, journal, runner } = this.#deps
    try {
      await runner.query(timed(), async () => {
        await Promise.all([journal.tidy(), context.claims.tidy(), runner.tidy()])
      })
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      context.host.log.warn({ error }, 'files of killed processes could not be removed in time')
    }
  }
  /** Everything readable in journal and claims. Creates the journal directory again if it was lost: the claims suffice. */
  async #written(dryRun: boolean): Promise<{ mine: string[]; others: Entry[]; errors: BrickworkError[] }> {
    const { context, journal } = this.#deps
    const { entries, errors } = await (dryRun ? Promise.resolve() : journal.open()).then(() => journal.all()).catch(unreadable)
    const claims = await context.claims.survey()
    const own = claims.entries.filter(({ owner, id }) => owner === context.owner && id !== ORPHANS)
    return {
      mine: [...new Set([...entries, ...own].map(({ id }) => id))],
      others: claims.entries.filter(({ owner, id }) => owner !== context.owner && id !== ORPHANS),
      errors: [...errors, ...claims.errors],
    }
  }
  async #one(id: string, timed: () => Call, dryRun: boolean): Promise<RecoveryAction | undefined> {
    const { runner } = this.#deps
    try {
      if (dryRun) return await runner.query(timed(), (operation) => this.known(operation, true), id)
      return await runner.run('recover', runner.blank(id), timed(), {}, (operation) => this.known(operation, false))
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return { id, what: 'attachment', action: error.code === 'ERR_BUSY' ? 'kept' : 'left', reason: error.message }
    }
  }
  /** Only reports. The recovery of the other owner knows what to do. */
  async #interruptedElsewhere(claims: readonly Entry[], timed: () => Call): Promise<RecoveryAction[]> {
    const { runner, context } = this.#deps
    const isUnfinished = ({ state, pending }: Entry) => state !== 'attached' || pending.length > 0
    const told = claims.filter(isUnfinished).map(async ({ owner, id }): Promise<RecoveryAction[]> => {
      const what = `attachment ${JSON.stringify(id)} of owner ${JSON.stringify(owner)}`
      try {
        const claim = await runner.query(timed(), () => runner.whenIdle({ owner, id }, () => context.claims.read(owner, id)))
        if (claim === undefined || !isUnfinished(claim)) return []
        const verb = claim.state === 'detaching' ? 'detach' : 'attach'
        return [
          { id: null, what, action: 'foreign', reason: `its ${verb} was interrupted; recovery by its owner finishes it or rolls it back` },
        ]
      } catch (error) {
        if (!isBrickworkError(error)) throw error
        return [{ id: null, what, action: 'foreign', reason: error.message }]
      }
    })
    return (await Promise.all(told)).flat()
  }

  async #orphans(
    connector: Connector,
    timed: () => Call,
    { dryRun, adopt, unread }: { dryRun: boolean; adopt: boolean; unread: readonly string[] },
  ): Promise<RecoveryAction[]> {
    const { runner, context } = this.#deps
    try {
      const query = () =>
        runner.query(timed(), async (operation) => (await connector.orphans?.(operation, () => this.#readable(operation))) ?? NO_ORPHANS)
      const { mine, foreign } = await query()
      const leftAlone = mine.map((each) => leftAction(each, `an unreadable file may name it: ${unread.join(', ')}`))
      if (unread.length > 0) return [...leftAlone, ...foreign.map(foreignAction)]
      const begun = await runner.query(timed(), () => context.claims.read(context.owner, ORPHANS)) // of a killed or running recovery
      if (mine.length === 0 && begun === undefined) return foreign.map(foreignAction)
      const done = adopt ? await this.#adopt(connector, timed, mine, dryRun) : []
      if (dryRun) {
        const adopted = new Set(adopt ? mine.flatMap(({ volume }) => volume?.objects.map(({ key }) => key) ?? []) : [])
        const rest = mine.filter(({ objects }) => !objects.some(({ key }) => adopted.has(key)))
        return [...done, ...(await runner.query(timed(), (operation) => planRemoval(operation, rest))), ...foreign.map(foreignAction)]
      }
      const removed = await runner.run('recover', runner.blank(ORPHANS), timed(), {}, (operation) =>
        removeOrphans(operation, connector, () => this.#claimed(operation), { volumes: !adopt }),
      )
      return [...done, ...removed, ...(await query()).foreign.map(foreignAction)]
    } catch (error) {
      if (!isBrickworkError(error)) throw error
      return [{ id: null, what: `orphans (${connector.form.protocol})`, action: 'left', reason: error.message }]
    }
  }
  /** Adopts volumes in parallel. All paths of one volume are one adoption. */
  async #adopt(connector: Connector, timed: () => Call, mine: readonly Orphan[], dryRun: boolean): Promise<RecoveryAction[]> {
    const { runner, journal } = this.#deps
    const volumes = new Map(mine.flatMap((orphan) => (orphan.volume === undefined ? [] : [[orphan.volume.name, orphan] as const])))
    const adopting = [...volumes.values()].map(async (orphan): Promise<RecoveryAction | undefined> => {
      if (orphan.volume === undefined) return undefined
      if (dryRun) return adoptionPlanned(orphan, orphan.volume)
      const entry = runner.blank(adoptedId(orphan.volume), orphan.volume.connection)
      try {
        return await runner.run('recover', entry, timed(), {}, (operation) =>
          adoptVolume(operation, connector, journal, () => this.#claimed(operation), orphan.what),
        )
      } catch (error) {
        if (!isBrickworkError(error)) throw error
        return leftAction(orphan, error.message)
      }
    })
    return (await Promise.all(adopting)).filter((action) => action !== undefined)
  }
  /** Claims of all owners and the journal of this one. @throws if one is unreadable: it may name any object, so none may be removed. */
  async #claimed(operation: Operation): Promise<Entry[]> {
    const { entries, errors } = await this.#all(operation)
    const [error] = errors
    if (error !== undefined) throw error
    return entries
  }
  async #readable(operation: Operation): Promise<Entry[]> {
    return (await this.#all(operation)).entries
  }
  async #all(operation: Operation): Promise<{ entries: Entry[]; errors: BrickworkError[] }> {
    const { context, journal, runner, connectorOf } = this.#deps
    const { boot } = runner.blank(ORPHANS)
    const durable = await journal.all().catch(unreadable)
    const claims = await context.claims.survey()
    const surviving = async (entry: Entry): Promise<Entry> => {
      if (entry.boot === boot) return entry
      return { ...entry, objects: await survivingOf(operation, connectorOf(entry.connection.protocol), entry), pending: [] }
    }
    const claimed = claims.entries.filter(({ owner, id }) => owner !== context.owner || id !== ORPHANS)
    return { entries: [...(await Promise.all(durable.entries.map(surviving))), ...claimed], errors: [...durable.errors, ...claims.errors] }
  }
}

function foreignAction({ what, reason }: Unverified): RecoveryAction {
  return { id: null, what, action: 'foreign', reason }
}
/** For a journal that cannot be read at all. */
function unreadable(error: unknown): { entries: Entry[]; errors: BrickworkError[] } {
  if (!isBrickworkError(error, 'ERR_STATE')) throw error
  return { entries: [], errors: [error] }
}
