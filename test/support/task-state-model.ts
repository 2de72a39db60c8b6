import { expect } from 'vitest'
import { CacheBudget } from '../../state/cache-budget.ts'
import { TaskState, type ChangelogPosition } from '../../state/task-state.ts'
import type { TaskDatabase } from '../../state/task-database.ts'
import { StoreMiss } from '../../topology/store.ts'
import type { Command, Effect, StoreName } from './task-state-commands.ts'
import { textCodec } from './text-codec.ts'

/**
 * A naive model of a task's state beside the real one, driven by the same commands.
 *
 * The model is maps that are copied whole at every step: newest, committing, committed, and the
 * changelog as a list. Whatever the real one answers is compared at once or, for a query, with
 * what was committed when it was asked.
 */
const STORES: readonly StoreName[] = ['plain', 'grouped']
type Rows = Map<string, string>
type Model = Record<StoreName, Rows>
interface Change {
  readonly store: StoreName
  readonly key: string
  readonly value: string | null
}

/** Where databases are opened; `crash` ends the open one as a dying process does. */
export interface CrashablePlace {
  open(): Promise<TaskDatabase>
  crash(powerLoss: number | null): Promise<void>
  /** Lets the disk refuse writes, or accept them again; null: it always accepts. */
  readonly refuseWrites: ((refuse: boolean) => void) | null
}

export class TaskStateModel {
  readonly #place: CrashablePlace
  readonly #cacheBytesMax: number
  #state!: TaskState
  #newest: Model = emptyModel()
  #committing: { rows: Model; changes: Change[] } | null = null
  #committed: Model = emptyModel()
  /** Keys in the order of their first write since the last commit began. */
  #written: Record<StoreName, Set<string>> = { plain: new Set(), grouped: new Set() }
  readonly #changelog: Record<StoreName, Change[]> = { plain: [], grouped: [] }
  /** Queries and checkpoints that were not waited for. */
  #pending: Promise<unknown>[] = []
  /** For each query under way, what may be its answer. */
  readonly #queries = new Set<{ store: StoreName; key: string; allowed: (string | undefined)[] }>()

  constructor(place: CrashablePlace, cacheBytesMax: number) {
    this.#place = place
    this.#cacheBytesMax = cacheBytesMax
  }

  async run(script: readonly Command[]): Promise<void> {
    await this.#open()
    for (const command of script) {
      const running = this.#run(command)
      if (running !== undefined) await running
    }
    await this.#settle()
    await this.#restart(() => this.#state.close())
  }

  /** Commands that need no promise are run in one turn with the next. */
  #run(command: Command): Promise<void> | undefined {
    switch (command.run) {
      case 'record':
        return this.#record(command.effects, command.throws)
      case 'touch':
        return this.#touch(command.effects)
      case 'checkpoint':
        return this.#checkpoint(command.wait, command.fails)
      case 'crash':
        return this.#restart(() => this.#place.crash(command.powerLoss))
      case 'reopen':
        return this.#restart(() => this.#state.close())
      case 'wipe':
        return this.#wipe(command.store)
      case 'endBatch':
        this.#state.endBatch()
        return undefined
      case 'beginCommit':
        this.#beginCommit()
        return undefined
      case 'verdict':
        this.#verdict(command.succeeded)
        return undefined
      case 'query':
        this.#query(command.store, command.key)
        return undefined
      case 'scan':
        this.#scan(command)
        return undefined
    }
  }

  async #record(steps: readonly Effect[], throws: boolean): Promise<void> {
    for (;;) {
      const rows = copyModel(this.#newest)
      const written: [StoreName, string][] = []
      this.#state.begin()
      try {
        for (const step of steps) this.#apply(step, rows, written)
        if (throws) throw new RecordError()
        this.#state.commit()
        this.#newest = rows
        for (const [name, k] of written) this.#written[name].add(k)
        return
      } catch (error) {
        this.#state.rollback()
        if (error instanceof RecordError) return
        if (!(error instanceof StoreMiss)) throw error
        expect(this.#state.hasMissing).toBe(true)
        await this.#state.fetchMissing()
        expect(this.#state.hasMissing).toBe(false)
      }
    }
  }

  #apply(step: Effect, rows: Model, written: [StoreName, string][]): void {
    if (step.do === 'group') {
      const found = this.#state.store<string>('grouped').group(step.group)
      expect(found).toEqual(sorted(rows.grouped, (k) => groupOf(k) === step.group))
      return
    }
    const real = this.#state.store<string>(step.store)
    const model = rows[step.store]
    if (step.do === 'get') {
      expect(real.get(step.key)).toBe(model.get(step.key))
      return
    }
    written.push([step.store, step.key])
    if (step.do === 'put') {
      real.put(step.key, step.value)
      model.set(step.key, step.value)
    } else {
      real.delete(step.key)
      model.delete(step.key)
    }
  }

  async #touch(steps: readonly Effect[]): Promise<void> {
    for (const step of steps) {
      if (step.do === 'group') this.#state.touch.group('grouped', step.group)
      else this.#state.touch.key(step.store, step.key)
    }
    await this.#state.fetchMissing()
    for (const step of steps) {
      // Nothing that was touched may be missed in the same batch.
      if (step.do === 'group') this.#state.store('grouped').group(step.group)
      else this.#state.store(step.store).get(step.key)
    }
  }

  #beginCommit(): void {
    if (this.#committing !== null) return
    const changes: Change[] = []
    const count = this.#state.beginCommit((name, k, bytes) => {
      const value = bytes === null ? null : bytes.subarray(2).toString('utf8')
      changes.push({ store: name as StoreName, key: k, value })
    })
    expect(count).toBe(changes.length)
    for (const name of STORES) {
      const emitted = changes.filter((change) => change.store === name)
      const keys = emitted.map((change) => change.key)
      expect(new Set(keys).size).toBe(keys.length)
      for (const change of emitted) {
        expect(change.value).toBe(this.#newest[name].get(change.key) ?? null)
      }
      const expected = [...this.#written[name]].filter(
        (k) => keys.includes(k) || this.#newest[name].has(k) || this.#committed[name].has(k),
      )
      expect(keys).toEqual(expected)
    }
    this.#committing = { rows: copyModel(this.#newest), changes }
    this.#written = { plain: new Set(), grouped: new Set() }
  }

  #verdict(succeeded: boolean): void {
    if (!succeeded) {
      this.#state.commitFailed()
      this.#dropUncommitted()
      expect(this.#state.hasUncommitted).toBe(false)
      return
    }
    if (this.#committing === null) return
    for (const change of this.#committing.changes) this.#changelog[change.store].push(change)
    this.#committed = this.#committing.rows
    this.#committing = null
    for (const query of this.#queries) {
      query.allowed.push(this.#committed[query.store].get(query.key))
    }
    this.#state.commitSucceeded(new Map(STORES.map((name) => [name, this.#end(name)])))
  }

  #dropUncommitted(): void {
    this.#newest = copyModel(this.#committed)
    this.#committing = null
    this.#written = { plain: new Set(), grouped: new Set() }
  }

  async #checkpoint(wait: boolean, fails: boolean): Promise<void> {
    if (fails && this.#place.refuseWrites !== null) {
      await this.#settle()
      this.#place.refuseWrites(true)
      const bytes = this.#state.uncheckpointedBytes
      await this.#state.checkpoint().catch(() => undefined)
      this.#place.refuseWrites(false)
      expect(this.#state.uncheckpointedBytes > 0).toBe(bytes > 0)
      return
    }
    const written = this.#state.checkpoint()
    if (wait) await written
    else this.#pending.push(written.catch(() => undefined))
  }

  #query(name: StoreName, k: string): void {
    const query = { store: name, key: k, allowed: [this.#committed[name].get(k)] }
    this.#queries.add(query)
    const answered = this.#state.view.get<string>(name, k).then((value) => {
      this.#queries.delete(query)
      expect(query.allowed).toContain(value)
    })
    this.#await(answered)
  }

  #scan(scan: Extract<Command, { run: 'scan' }>): void {
    const { prefix, after, limit } = scan
    const expected = sorted(
      this.#committed[scan.store],
      (k) => k.startsWith(prefix) && (after === null || k > after),
    ).slice(0, limit)
    const options = { prefix, limit, ...(after === null ? {} : { after }) }
    const answered = this.#state.view.scan<string>(scan.store, options).then((rows) => {
      expect(rows).toEqual(expected)
    })
    this.#await(answered)
  }

  /** Remembers a check to be awaited; one that fails meanwhile is not an unhandled rejection. */
  #await(check: Promise<void>): void {
    check.catch(() => undefined)
    this.#pending.push(check)
  }

  async #settle(): Promise<void> {
    const pending = this.#pending
    this.#pending = []
    await Promise.all(pending)
  }

  async #wipe(name: StoreName | null): Promise<void> {
    await this.#settle()
    this.#dropUncommitted()
    await this.#state.wipe(name ?? undefined)
    for (const wiped of name === null ? STORES : [name]) {
      expect(this.#state.positions().has(wiped)).toBe(false)
    }
    await this.#restart(() => this.#state.close())
  }

  async #restart(end: () => Promise<void>): Promise<void> {
    const ended = end()
    // Queries of the dying process may fail; those that answer must be right.
    const pending = this.#pending
    this.#pending = []
    for (const result of await Promise.allSettled(pending)) {
      if (result.status === 'fulfilled') continue
      const error: unknown = result.reason
      if (!(error instanceof Error && 'code' in error && error.code === 'STATE_CLOSED')) throw error
    }
    await ended
    this.#queries.clear()
    await this.#open()
  }

  /** Opens what is on disk, compares it with the changelog up to its position, restores the rest. */
  async #open(): Promise<void> {
    this.#state = await TaskState.open({
      database: await this.#place.open(),
      stores: [
        { name: 'plain', codec: textCodec },
        { name: 'grouped', codec: textCodec, groupOf },
      ],
      cacheBudget: new CacheBudget(this.#cacheBytesMax),
    })
    for (const name of STORES) {
      const offset = this.#state.positions().get(name)?.offset ?? 0
      const log = this.#changelog[name]
      const known = await this.#state.view.scan<string>(name, { prefix: '', limit: 100 })
      expect(known).toEqual(sorted(fold(log.slice(0, offset)), () => true))
      const rows = log.slice(offset).map(({ key: k, value }) => ({
        key: k,
        value: value === null ? null : encoded(value),
      }))
      await this.#state.restore(name, rows, this.#end(name))
      expect(this.#state.positions().get(name)).toEqual(this.#end(name))
      this.#committed[name] = fold(log)
    }
    this.#dropUncommitted()
  }

  #end(name: StoreName): ChangelogPosition {
    return { topicId: name, partition: 1, offset: this.#changelog[name].length, brokerTimeMs: 5 }
  }
}

class RecordError extends Error {}

/** Not ended by its separator: the keys of group `ab` begin with the name of group `a`. */
function groupOf(k: string): string {
  return k.slice(0, k.indexOf('/'))
}

function encoded(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8')
  return Buffer.concat([Buffer.of(1, bytes.length), bytes])
}

function emptyModel(): Model {
  return { plain: new Map(), grouped: new Map() }
}

function copyModel(model: Model): Model {
  return { plain: new Map(model.plain), grouped: new Map(model.grouped) }
}

function fold(changes: readonly Change[]): Rows {
  const rows: Rows = new Map()
  for (const { key: k, value } of changes) {
    if (value === null) rows.delete(k)
    else rows.set(k, value)
  }
  return rows
}

function sorted(rows: Rows, keep: (k: string) => boolean): [string, string][] {
  return [...rows].filter(([k]) => keep(k)).sort(([a], [b]) => (a < b ? -1 : 1))
}
