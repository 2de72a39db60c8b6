import { toByteString } from '../../bytes/byte-string.ts'
import type { MultiActorCleared, MultiActorSuspected, StateChanged } from '../../schemas/records.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import type { KeyValueStore, StoreSpec } from '../store.ts'
import {
  emptyMultiActorWindow,
  isSameSet,
  joined,
  type MultiActorWindow,
  multiActorWindowCodec,
  newestEntryTs,
  withTransition,
} from './multi-actor-window.ts'

/** identity */
export const multiActorWindowsStore: StoreSpec<MultiActorWindow> = {
  name: 'multi-actor-windows',
  codec: multiActorWindowCodec,
  toJson: (_key, { entries, announced }) => ({
    entries: entries.map(({ primitive, entryTs }) => ({ primitive, entry_ts: entryTs })),
    announced,
  }),
}

export interface MultiActorOptions {
  /** Event time. */
  readonly windowMs: number
  readonly minPrimitives: number
  /** Child that takes alerts. */
  readonly suspected: string
  /** Child that takes withdrawals. */
  readonly cleared: string
}

const MULTI_ACTOR_CONFIDENCE = 0.6

/**
 * Joins an identity's state changes in a window: several primitives that alternate between two
 * values at once are more than one pair of hands.
 *
 * J1. The set is that of the primitives now in `multi_actor` whose entry is no older than the newest
 *     entry less the window.
 * J2. A set of enough primitives is announced when it differs from what was announced last; a
 *     smaller one withdraws the announcement, and the next is announced anew.
 * J3. What was announced is state: a restart repeats nothing.
 */
export class MultiActorProcessor implements Processor<
  StateChanged,
  MultiActorSuspected | MultiActorCleared
> {
  readonly #options: MultiActorOptions
  #windows!: KeyValueStore<MultiActorWindow>

  constructor(options: MultiActorOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<MultiActorSuspected | MultiActorCleared>): void {
    this.#windows = context.store(multiActorWindowsStore.name)
  }

  process(
    record: Record<StateChanged>,
    context: ProcessorContext<MultiActorSuspected | MultiActorCleared>,
  ): void {
    const { identity_uuid, new_state, old_state, primitive, ts } = record.value
    // The others change no entry: most transitions read nothing.
    if (new_state !== 'multi_actor' && old_state !== 'multi_actor') return
    const key = toByteString(identity_uuid)
    const window = this.#windows.get(key) ?? emptyMultiActorWindow
    const entries = withTransition(window.entries, primitive, new_state === 'multi_actor', ts)
    const { cleared, minPrimitives, suspected, windowMs } = this.#options
    const set = joined(entries, windowMs / 1000)
    const isSuspected = set.length >= minPrimitives
    const announced = isSuspected ? set : []
    if (entries.length === 0 && announced.length === 0) this.#windows.delete(key)
    else this.#windows.put(key, { entries, announced })

    if (isSameSet(announced, window.announced)) return
    if (isSuspected) {
      const value = alert(identity_uuid, set, newestEntryTs(entries))
      context.forward({ ...record, value }, suspected)
    } else {
      const value = { identity_uuid, primitives: window.announced, ts }
      context.forward({ ...record, value }, cleared)
    }
  }
}

export function alert(
  identityUuid: string,
  primitives: readonly string[],
  ts: number,
): MultiActorSuspected {
  return {
    identity_uuid: identityUuid,
    primitives,
    evidence_summary: `${primitives.length} primitives are in state multi_actor at once`,
    confidence: MULTI_ACTOR_CONFIDENCE,
    ts,
  }
}
