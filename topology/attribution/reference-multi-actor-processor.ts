import { fromByteString, toByteString } from '../../bytes/byte-string.ts'
import type { MultiActorSuspected, StateChanged } from '../../schemas/records.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import { alert, multiActorWindowsStore as streamingStore } from './multi-actor-processor.ts'
import {
  emptyMultiActorWindow,
  isSameSet,
  joined,
  type MultiActorWindow,
  withTransition,
} from './multi-actor-window.ts'

/** All rows are one group: each tick reads them all. */
export const referenceMultiActorWindowsStore: StoreSpec<MultiActorWindow> = {
  ...streamingStore,
  groupOf: () => ALL,
}

const ALL = ''

export const REFERENCE_TICK_MS = 60_000

/**
 * The reference's correlator: at each tick, every identity with enough primitives in `multi_actor`,
 * if the set is not the one remembered.
 *
 * What it remembers is volatile, as the reference's is: after a restart current sets are published
 * again. That breaks the rule that a processor keeps nothing outside of stores, and is why this
 * policy is for the vectors only.
 */
export class ReferenceMultiActorProcessor implements Processor<StateChanged, MultiActorSuspected> {
  readonly #minPrimitives: number
  readonly #suspected: string
  readonly #remembered = new Map<string, readonly string[]>()
  #windows!: KeyValueStore<MultiActorWindow>

  constructor(minPrimitives: number, suspected: string) {
    this.#minPrimitives = minPrimitives
    this.#suspected = suspected
  }

  init(context: ProcessorContext<MultiActorSuspected>): void {
    this.#windows = context.store(referenceMultiActorWindowsStore.name)
  }

  process(record: Record<StateChanged>): void {
    const { identity_uuid, new_state, primitive, ts } = record.value
    const key = toByteString(identity_uuid)
    const { entries } = this.#windows.get(key) ?? emptyMultiActorWindow
    const isMultiActor = new_state === 'multi_actor'
    const changed = withTransition(entries, primitive, isMultiActor, ts)
    if (changed.length === 0) this.#windows.delete(key)
    else this.#windows.put(key, { entries: changed, announced: [] })
  }

  punctuate(timeMs: number, context: ProcessorContext<MultiActorSuspected>): void {
    const qualifying = new Set<string>()
    // In key order, which is the identities' order.
    for (const [key, { entries }] of this.#windows.group(ALL)) {
      const set = joined(entries, Infinity)
      if (set.length < this.#minPrimitives) continue
      qualifying.add(key)
      const remembered = this.#remembered.get(key)
      if (remembered !== undefined && isSameSet(set, remembered)) continue
      this.#remembered.set(key, set)
      const identity = fromByteString(key)
      const value = alert(identity, set, timeMs / 1000)
      context.forward({ key: identity, value, timestampMs: timeMs }, this.#suspected)
    }
    for (const key of this.#remembered.keys()) {
      if (!qualifying.has(key)) this.#remembered.delete(key)
    }
  }
}
