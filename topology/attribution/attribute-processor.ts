import { type ByteString, fromByteString } from '../../bytes/byte-string.ts'
import { partitionForText } from '../../bytes/murmur2.ts'
import type { Cause, State, StateChanged, Value } from '../../schemas/records.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import type { KeyValueStore } from '../store.ts'
import {
  attributionContributionsStore,
  attributionProfilesStore,
  identityMembersStore,
} from './attribute-stores.ts'
import { Contributions } from './contributions.ts'
import { append } from './codecs/packed-append.ts'
import { type Contributor, PUBLIC_CONTRIBUTOR, PUBLIC_SEQ_START } from './contributor.ts'
import type { IdentityMember } from './identity-member.ts'
import type { AttributedMessage, IdentityMessage, ReceivedMessage } from './identity-message.ts'
import { OpenProfile } from './open-profile.ts'
import type { AttributionPolicy } from './policy.ts'
import { mergerOf } from './primitives.ts'
import { Profile, stateOfPacked } from './profile.ts'
import { checkSensorClock } from './sensor-clock.ts'
import { firstPartOf, pairKey, restOf } from './store-keys.ts'
import { evaluate, rowEmptied, stateChanged } from './transition.ts'
import { seriesValue } from './value.ts'

export interface AttributeOptions {
  readonly policy: AttributionPolicy
  readonly maxFutureSkewMs: number
  /** Children that take state changes. */
  readonly changes: readonly string[]
  /** Child that takes observations attributed beforehand that lie in another partition. */
  readonly rekey: string
}

type Received<T extends IdentityMessage['type']> = Extract<ReceivedMessage, { type: T }>

/**
 * Keeps the merger state of each (identity, primitive) and publishes its transitions.
 *
 * A1. An observation is evaluated at once. A move is not: it marks the profile, and the end of the
 *     batch evaluates what all moves together made of it. An observation that comes upon a marked
 *     profile evaluates the moves first, so that each transition has its own cause.
 * A2. No mark outlives its batch: `batchEnd` is called before the commit for every key marked.
 * A3. n moves in one batch cost O(n): a part that touches the newest observations makes the series
 *     stale, and it is made anew once, when it is next used.
 * A4. What `identity.observation` brings is append-only: nothing keeps those observations, so a
 *     repeat cannot be told from a new one. Producers of that topic must not repeat.
 */
export class AttributeProcessor implements Processor<
  ReceivedMessage,
  StateChanged | IdentityMessage
> {
  readonly #options: AttributeOptions
  readonly #profile = new OpenProfile()
  #profiles!: KeyValueStore<Profile>
  #contributions!: Contributions
  #members!: KeyValueStore<IdentityMember>
  #context!: ProcessorContext<StateChanged | IdentityMessage>
  #timestampMs = 0

  constructor(options: AttributeOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<StateChanged | IdentityMessage>): void {
    this.#context = context
    this.#profiles = context.store(attributionProfilesStore.name)
    this.#contributions = new Contributions(context.store(attributionContributionsStore.name))
    this.#members = context.store(identityMembersStore.name)
  }

  /**
   * @throws {FutureTimestampError} the sensor's clock runs ahead
   * @throws {InvalidValueError} the primitive's merger cannot take the value
   */
  process(record: Record<ReceivedMessage>): void {
    const message = record.value
    this.#timestampMs = record.timestampMs
    switch (message.type) {
      case 'attributed':
        this.#attributed(message)
        return
      case 'observation':
        this.#observation(message)
        return
      case 'replace':
        this.#replace(message)
        return
      case 'contribute':
      case 'retract':
        this.#move(message)
        return
      case 'trigger':
        this.#trigger(message)
        return
      case 'join': {
        const { cause, firstSeen, rowKey, updatedTs } = message
        this.#members.put(rowKey, { firstSeen, updatedTs, cause })
        return
      }
      case 'leave':
        this.#members.delete(message.rowKey)
    }
  }

  /** Evaluates what the batch's moves made of a profile. */
  batchEnd(rowKey: string): void {
    const row = this.#profiles.get(rowKey)
    if (row === undefined) return
    row.open(this.#profile)
    this.#settle(rowKey)
  }

  #observation(message: Received<'observation'>): void {
    const { attacker, primitive, rowKey, seq, ts, value } = message
    if (this.#append(rowKey, attacker, attacker, ts, seq, value)) return
    this.#open(rowKey, primitive)
    this.#settle(rowKey)
    this.#contributions.insert(rowKey, this.#profile, attacker, ts, attacker, seq, value)
    this.#evaluate(rowKey, 'observation', this.#timestampMs)
  }

  #attributed(message: Received<'attributed'>): void {
    const { attacker, primitive, rowKey, ts } = message
    const { metadata, wallClockMs } = this.#context
    checkSensorClock(ts, metadata?.appendTimeMs ?? wallClockMs, this.#options.maxFutureSkewMs)
    const contributor = PUBLIC_CONTRIBUTOR
    if (this.#append(rowKey, contributor, attacker, ts, null, message.value)) return
    const isKnown = this.#open(rowKey, primitive)
    const profile = this.#profile
    const value = seriesValue(profile.series.kind, message.value)
    // A misplaced observation never makes a row here, so it never finds one: the hot path is spared
    // the check.
    if (!isKnown && this.#sendOnIfMisplaced(message)) return
    this.#settle(rowKey)
    if (!profile.series.hasAttacker(attacker)) this.#becomesMember(message)
    const seq = PUBLIC_SEQ_START + this.#contributions.countOf(rowKey, profile, contributor)
    this.#contributions.insert(rowKey, profile, contributor, ts, attacker, seq, value)
    this.#evaluate(rowKey, 'observation', this.#timestampMs)
  }

  #replace({ attacker, partial, primitive, rowKey }: Received<'replace' | 'contribute'>): void {
    this.#open(rowKey, primitive)
    this.#settle(rowKey)
    const profile = this.#profile
    const isStale = this.#contributions.set(rowKey, profile, attacker, partial, false)
    if (isStale) this.#contributions.recompute(rowKey, profile)
    this.#evaluate(rowKey, 'observation', this.#timestampMs)
  }

  #move(message: Received<'contribute' | 'replace'> | Received<'retract'>): void {
    const { attacker, cause, rowKey } = message
    const isKnown = this.#open(rowKey, message.primitive)
    // The attacker has told this identity nothing of the primitive.
    if (!isKnown && message.type === 'retract') return
    const profile = this.#profile
    const wasStale = profile.move !== null && profile.move.isStale
    const isStale =
      message.type === 'retract'
        ? this.#contributions.remove(rowKey, profile, attacker, wasStale)
        : this.#contributions.set(rowKey, profile, attacker, message.partial, wasStale)
    if (this.#options.policy.evaluatesMoves) {
      profile.move = { cause, timestampMs: this.#timestampMs, isStale }
      this.#context.atBatchEnd(rowKey)
    } else if (isStale) this.#contributions.recompute(rowKey, profile)
    this.#put(rowKey)
  }

  #trigger({ primitive, rowKey }: Received<'trigger'>): void {
    this.#open(rowKey, primitive)
    this.#settle(rowKey)
    if (this.#profile.series.count > 0) {
      this.#evaluate(rowKey, 'observation', this.#timestampMs)
    }
  }

  /** The hot path; @returns false: nothing was done */
  #append(
    rowKey: ByteString,
    contributor: Contributor,
    attacker: ByteString,
    ts: number,
    seq: number | null,
    value: Value,
  ): boolean {
    const row = this.#profiles.get(rowKey)
    if (row === undefined) return false
    const profile = this.#profile
    const packed = append(row.packed, contributor, attacker, ts, seq, value, profile)
    if (packed === null) return false
    this.#profiles.put(rowKey, new Profile(packed))
    const oldState = stateOfPacked(row.packed)
    if (profile.state !== oldState)
      this.#transition(rowKey, oldState, 'observation', this.#timestampMs)
    return true
  }

  /** @returns false: there is no row; the profile is empty */
  #open(rowKey: ByteString, primitive: string): boolean {
    const row = this.#profiles.get(rowKey)
    if (row === undefined) this.#profile.clear(mergerOf(primitive))
    else row.open(this.#profile)
    return row !== undefined
  }

  /** Evaluates pending moves of the open profile. */
  #settle(rowKey: ByteString): void {
    const profile = this.#profile
    const { move, series } = profile
    if (move === null) return
    profile.move = null
    if (move.isStale) this.#contributions.recompute(rowKey, profile)
    if (series.count > 0) {
      this.#evaluate(rowKey, move.cause, move.timestampMs)
      return
    }
    this.#profiles.delete(rowKey)
    if (profile.state !== null) {
      const change = rowEmptied(identityOf(rowKey), primitiveOf(rowKey), profile, move.cause)
      this.#publish(change, move.timestampMs)
    }
    profile.clear(series.kind)
  }

  #evaluate(rowKey: ByteString, cause: Cause, timestampMs: number): void {
    const profile = this.#profile
    const oldState = profile.state
    const isTransition = evaluate(profile)
    this.#put(rowKey)
    if (isTransition) this.#transition(rowKey, oldState, cause, timestampMs)
  }

  #transition(rowKey: ByteString, oldState: State | null, cause: Cause, timestampMs: number): void {
    const identity = identityOf(rowKey)
    const change = stateChanged(identity, primitiveOf(rowKey), oldState, this.#profile, cause)
    this.#publish(change, timestampMs)
  }

  /** Reference policy: a profile that was never evaluated goes with its last contribution. */
  #put(rowKey: ByteString): void {
    const profile = this.#profile
    const isNothing = profile.series.count === 0 && profile.state === null && profile.move === null
    if (isNothing) this.#profiles.delete(rowKey)
    else this.#profiles.put(rowKey, Profile.of(profile))
  }

  #publish(change: StateChanged, timestampMs: number): void {
    const record = { key: change.identity_uuid, value: change, timestampMs }
    for (const child of this.#options.changes) this.#context.forward(record, child)
  }

  /** Written blindly, at most when an attacker is not among the newest: the hot path reads one row. */
  #becomesMember({ attacker, identity, ts }: Received<'attributed'>): void {
    const member = { firstSeen: ts, updatedTs: ts, cause: 'observation' } as const
    this.#members.put(pairKey(identity, attacker), member)
  }

  #sendOnIfMisplaced(message: Received<'attributed'>): boolean {
    const { partition, partitionCount } = this.#context
    const identityUuid = fromByteString(message.identity)
    if (partitionForText(identityUuid, partitionCount) === partition) return false
    this.#context.count('misplaced')
    const { attacker, primitive, ts, value } = message
    const sent: AttributedMessage = { type: 'attributed', attacker, primitive, ts, value }
    const timestampMs = this.#timestampMs
    this.#context.forward({ key: identityUuid, value: sent, timestampMs }, this.#options.rekey)
    return true
  }
}

function identityOf(rowKey: ByteString): string {
  return fromByteString(firstPartOf(rowKey).slice(0, -1))
}

function primitiveOf(rowKey: ByteString): string {
  return fromByteString(restOf(rowKey))
}
