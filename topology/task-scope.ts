import type { BatchEndKeys } from './batch-end-keys.ts'
import type { EffectScope } from './execution.ts'
import type { NodeCounters } from './node-counters.ts'

/** Everything a record may change, as one scope: stores, outputs, counters, keys for batch end. */
export class TaskScope implements EffectScope {
  readonly #stores: EffectScope
  readonly #collector: EffectScope
  readonly #counters: NodeCounters
  readonly #batchEndKeys: readonly BatchEndKeys[]

  constructor(
    stores: EffectScope,
    collector: EffectScope,
    counters: NodeCounters,
    batchEndKeys: readonly BatchEndKeys[],
  ) {
    this.#stores = stores
    this.#collector = collector
    this.#counters = counters
    this.#batchEndKeys = batchEndKeys
  }

  begin(): void {
    this.#stores.begin()
    this.#collector.begin()
  }

  commit(): void {
    this.#stores.commit()
    this.#collector.commit()
    this.#counters.commit()
    for (const keys of this.#batchEndKeys) keys.commit()
  }

  rollback(): void {
    this.#stores.rollback()
    this.#collector.rollback()
    this.#counters.rollback()
    for (const keys of this.#batchEndKeys) keys.rollback()
  }
}
