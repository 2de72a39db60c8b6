import type { Processor, ProcessorContext } from '../processor.ts'
import type { AttackerMessage } from '../clustering/attacker-message.ts'
import type { Record } from '../record.ts'
import type { KeyValueStore } from '../store.ts'
import { AttackerFeatures } from './attacker-features.ts'
import type { AttackerLink } from './attacker-link.ts'
import { AttackerRegistry } from './attacker-registry.ts'
import type { IdentityMessage } from './identity-message.ts'
import { ObservationExpiry, observationExpiryStore } from './observation-expiry.ts'
import type { ObservationRow } from './observation-row.ts'
import { overwritten } from './overwrite.ts'
import { packSeries, type SeriesPartial, unpackSeries } from './partial.ts'
import type { AttributionPolicy } from './policy.ts'
import { mergerOf } from './primitives.ts'
import type { ObservationInput, ResolveInput, TriggerInput } from './resolve-input.ts'
import {
  attackerKeystrokesStore,
  attackerLinksStore,
  attackerObservationsStore,
  attackerPartialsStore,
} from './resolve-stores.ts'
import { Series } from './series.ts'
import { groupKey } from './store-keys.ts'
import { isSameValue, seriesValue } from './value.ts'

export interface ResolveOptions {
  readonly policy: AttributionPolicy
  /** Counts append time, never event time. Null: observations are kept for ever. */
  readonly observationRetentionMs: number | null
  /** Child that takes {@link IdentityMessage}s. */
  readonly identities: string
  /** Child that takes {@link AttackerMessage}s; null: there is no clusterer. */
  readonly features: string | null
}

/** By child. */
export type ResolveOutput = IdentityMessage | AttackerMessage

/**
 * Knows where each attacker belongs, keeps its observations, and tells its identity.
 *
 * V1. An attacker with an identity has told it everything: for each of the attacker's partials, the
 *     root of its link holds exactly that as the attacker's contribution, once the messages under
 *     way have arrived. New observations, overwrites and moves each keep it so.
 * V2. An observation is unique on (attacker, primitive, ref). An identical repeat changes nothing,
 *     another confidence the row alone, another time or value overwrites in place.
 * V3. A value that cannot be merged enters no state: `seriesValue` throws before any write.
 * V4. seq counts an attacker's observations of one primitive, which orders those of equal time as
 *     they arrived; it is the partial's count, so nothing else has to be kept for it.
 */
export class ResolveProcessor implements Processor<ResolveInput, ResolveOutput> {
  readonly #options: ResolveOptions
  readonly #series = new Series()
  #observations!: KeyValueStore<ObservationRow>
  #partials!: KeyValueStore<SeriesPartial>
  #registry!: AttackerRegistry
  #expiry: ObservationExpiry | null = null
  #features: AttackerFeatures | null = null
  #context!: ProcessorContext<ResolveOutput>
  #timestampMs = 0

  constructor(options: ResolveOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<ResolveOutput>): void {
    const { features, observationRetentionMs, policy } = this.#options
    this.#context = context
    this.#observations = context.store(attackerObservationsStore.name)
    this.#partials = context.store(attackerPartialsStore.name)
    this.#registry = new AttackerRegistry(
      policy,
      context.store(attackerLinksStore.name),
      this.#partials,
      (identity, message) => this.#send(identity, message),
      features === null ? null : (attacker, firstSeen) => this.#features!.seen(attacker, firstSeen),
    )
    if (features !== null) this.#features = this.#featuresTo(features)
    if (observationRetentionMs === null) return
    const queue = context.store<never>(observationExpiryStore.name)
    this.#expiry = new ObservationExpiry(queue, observationRetentionMs)
  }

  /** @throws {InvalidValueError} the primitive's merger cannot take the value */
  process(record: Record<ResolveInput>): void {
    const input = record.value
    this.#timestampMs = record.timestampMs
    switch (input.type) {
      case 'observation':
        this.#observe(input)
        return
      case 'profile':
        this.#registry.register(input)
        this.#features?.profile(input)
        return
      case 'link':
        if (!this.#registry.link(input)) this.#context.count('links-ignored')
        return
      case 'tag':
        if (this.#features?.tag(input) === false) this.#context.count('tags-without-decky')
        return
      case 'trigger':
        this.#trigger(input)
    }
  }

  /** Tells the clusterer of the attacker's keystrokes in this batch. */
  batchEnd(attacker: string): void {
    this.#features!.batchEnd(attacker)
  }

  /** Removes observations whose retention has passed. */
  punctuate(timeMs: number): void {
    const removed = this.#expiry!.expire(timeMs, (rowKey) => this.#observations.delete(rowKey))
    if (removed > 0) this.#context.count('observations-expired', removed)
  }

  #observe(input: ObservationInput): void {
    const kind = mergerOf(input.primitive)
    const value = seriesValue(kind, input.value)
    const link = this.#registry.linkAtEvent(input, input.ts)
    const old = this.#observations.get(input.rowKey)
    if (old !== undefined) {
      this.#repeat(input, old, link)
      return
    }
    const { attacker, primitive, ts } = input
    const partial = this.#partials.get(input.partialKey)
    const series = this.#series
    if (partial === undefined) series.clear(kind)
    else unpackSeries(partial, series)
    const seq = series.count
    series.insert(ts, attacker, seq, value)
    this.#partials.put(input.partialKey, packSeries(series))
    this.#putRow(input, seq, 0)
    this.#features?.observed(input, undefined)
    if (link === null) {
      this.#context.count('deferred')
      return
    }
    const isShared = !link.isOwnStub
    this.#send(link.root, { type: 'observation', attacker, primitive, ts, seq, value, isShared })
  }

  #repeat(input: ObservationInput, old: ObservationRow, link: AttackerLink | null): void {
    const { attacker, confidence, primitive, rowKey } = input
    if (old.ts !== input.ts || !isSameValue(old.value, input.value)) {
      this.#overwrite(input, old, link)
      return
    }
    this.#context.count('repeats')
    if (old.confidence !== confidence) this.#observations.put(rowKey, { ...old, confidence })
    if (link === null || !this.#options.policy.repeatsAreEvents) return
    this.#send(link.root, { type: 'trigger', attacker, primitive })
  }

  #overwrite(input: ObservationInput, old: ObservationRow, link: AttackerLink | null): void {
    const { attacker, partialKey, primitive } = input
    this.#context.count('overwrites')
    const now = this.#putRow(input, old.seq, old.expirySlot)
    const before = this.#partials.get(partialKey)!
    const partial = overwritten(before, attacker, old, now, () => this.#rowsOf(partialKey))
    if (partial !== before) this.#partials.put(partialKey, partial)
    this.#features?.observed(input, old.value)
    if (link === null) return
    if (partial !== before) {
      const cause = 'observation'
      this.#send(link.root, { type: 'replace', attacker, primitive, partial, cause })
    } else if (this.#options.policy.repeatsAreEvents) {
      this.#send(link.root, { type: 'trigger', attacker, primitive })
    }
  }

  #rowsOf(partialKey: string): ObservationRow[] {
    return this.#observations.group(groupKey(partialKey)).map(([, row]) => row)
  }

  #trigger(input: TriggerInput): void {
    const { attacker, primitive } = input
    if (attacker === '' || primitive === '') {
      this.#context.count('triggers-dropped')
      return
    }
    const link = this.#registry.linkAtEvent(input, 0)
    if (link === null) this.#context.count('deferred')
    else this.#send(link.root, { type: 'trigger', attacker, primitive })
  }

  #putRow(input: ObservationInput, seq: number, formerSlot: number): ObservationRow {
    const { confidence, rowKey, ts, value } = input
    const row = { ts, seq, value, confidence, expirySlot: this.#expiresAt(input, formerSlot) }
    this.#observations.put(rowKey, row)
    return row
  }

  /** @returns the row's place in the expiry queue, in place of its former one */
  #expiresAt(input: ObservationInput, formerSlot: number): number {
    if (this.#expiry === null) return 0
    const { metadata, wallClockMs } = this.#context
    this.#expiry.cancel(formerSlot)
    const appendTimeMs = input.appendTimeMs ?? metadata?.appendTimeMs ?? wallClockMs
    return this.#expiry.enqueue(input.rowKey, appendTimeMs)
  }

  #send(identity: string, message: IdentityMessage): void {
    const record = { key: identity, value: message, timestampMs: this.#timestampMs }
    this.#context.forward(record, this.#options.identities)
  }

  #featuresTo(child: string): AttackerFeatures {
    const context = this.#context
    return new AttackerFeatures(
      context.store(attackerKeystrokesStore.name),
      (key, value) => context.forward({ key, value, timestampMs: this.#timestampMs }, child),
      (attacker) => context.atBatchEnd(attacker),
    )
  }
}
