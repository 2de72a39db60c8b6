import { type ByteString, toByteString } from '../../bytes/byte-string.ts'
import { pairKey } from '../attribution/store-keys.ts'
import { phaseOfTactic } from '../campaign/phase.ts'
import type {
  AttackerMessage,
  KeystrokesMessage,
  ProfileMessage,
  SeenMessage,
  SightingMessage,
} from '../clustering/attacker-message.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import { WorkerGate } from '../worker/worker-gate.ts'
import { workerStore } from '../worker/worker-row.ts'
import type { ControlMessage } from '../worker/worker-topics.ts'
import { unitedVisit, visitOf } from './anchor-visit.ts'
import { PENDING_ATTACKERS, PENDING_TOUCHED } from './cluster-keys.ts'
import type { ClustererForms, LiveClusterer } from './clusterers.ts'
import { NEVER_ANNOUNCED } from './component-index.ts'
import { NOTHING_KNOWN } from './features.ts'
import { IdentifyPass } from './identify-pass.ts'
import { IDENTIFY } from './identity-options.ts'
import { IdentityOutlet, type OutletOptions } from './identity-outlet.ts'
import { type IdentityStores, openIdentityStores } from './identity-stores.ts'
import { profileRowCodec } from './profile-row-codec.ts'
import { takeProfile } from './profile-row.ts'
import { isSameRow } from '../clustering/same-row.ts'

export interface IdentifyOptions extends OutletOptions {
  readonly clusterer: ClustererForms
  /** Child that is sent heartbeats; null: nobody hears. */
  readonly health: string | null
  readonly genericEvidenceLimit: number
}

export const IDENTIFY_WORKER_STORE = workerStore(IDENTIFY)

/**
 * Knows which attackers are one identity, and what is known of each (streaming policy).
 *
 * I1. A message is applied at once; what it changed is announced by the next pass, which comes with
 *     the next punctuation, so that a burst is announced once.
 * I2. What is kept of an attacker is a function of the newest message of each type, and of all
 *     sightings whatever their order: a profile may come before or after its attacker was seen,
 *     and sightings before either. When an attacker was first seen its profile knows best.
 * I3. A message that fails leaves nothing behind and goes to the dead letters. A step of a pass
 *     that fails is skipped and counted; the others stand.
 *
 * Counters: `values-left-out`, `rolled-up-left-out`, `sightings-without-phase`, `steps-failed`.
 */
export class IdentifyProcessor implements Processor<AttackerMessage | ControlMessage, unknown> {
  readonly #options: IdentifyOptions
  #context!: ProcessorContext<unknown>
  #stores!: IdentityStores
  #clusterer!: LiveClusterer
  #pass!: IdentifyPass
  #outlet!: IdentityOutlet
  #gate!: WorkerGate

  constructor(options: IdentifyOptions) {
    this.#options = options
  }

  init(context: ProcessorContext<unknown>): void {
    const { clusterer, genericEvidenceLimit } = this.#options
    this.#context = context
    this.#stores = openIdentityStores((name) => context.store(name))
    this.#clusterer = clusterer.live(this.#stores, genericEvidenceLimit)
    this.#pass = new IdentifyPass(this.#stores)
    this.#outlet = new IdentityOutlet(context, this.#options)
    this.#gate = new WorkerGate(IDENTIFY, context.store(IDENTIFY_WORKER_STORE.name))
  }

  process({ value: message }: Record<AttackerMessage | ControlMessage>): void {
    switch (message.type) {
      case 'control':
        this.#gate.obey(message.control)
        return
      case 'seen':
        this.#see(message)
        return
      case 'profile':
        this.#applyProfile(message)
        return
      case 'keystrokes':
        this.#keepKeystrokes(message)
        return
      case 'sighting':
        this.#visit(message)
    }
  }

  /** Announces what is pending, unless the worker is paused. */
  punctuate(timeMs: number): void {
    if (this.#gate.isPassDue()) this.#announce(timeMs)
    const { health } = this.#options
    const heartbeat = health === null ? null : this.#gate.heartbeat(timeMs)
    if (heartbeat === null) return
    const record = { key: IDENTIFY, value: heartbeat, timestampMs: timeMs }
    this.#context.forward(record, health!)
  }

  #announce(timeMs: number): void {
    const result = this.#pass.run(timeMs)
    const { groups, leftOut, members } = result
    const failures = result.failures + this.#outlet.tell(result)
    this.#count('rolled-up-left-out', leftOut)
    this.#count('steps-failed', failures)
    this.#gate.passed(timeMs, { members, groups, failures }, result.announcement.left)
  }

  #see({ attacker: attackerUuid, firstSeen }: SeenMessage): void {
    const attacker = toByteString(attackerUuid)
    if (this.#stores.profiles.get(attacker) !== undefined) return
    if (this.#clusterer.apply(attacker, firstSeen, NOTHING_KNOWN).isNews) this.#touch(attacker)
  }

  #applyProfile({ profile }: ProfileMessage): void {
    const { profiles } = this.#stores
    const attacker = toByteString(profile.attacker_uuid)
    const { leftOut, row } = takeProfile(profile)
    const applied = this.#clusterer.apply(attacker, profile.first_seen, {
      ja3: row.ja3.at(-1) ?? null,
      hassh: row.hassh.at(-1) ?? null,
      payloadHashes: new Set(profile.payload_hashes),
      c2Endpoints: new Set(profile.c2_endpoints),
    })
    this.#count('values-left-out', leftOut + applied.valuesLeftOut)
    const isSame = isSameRow(profileRowCodec, profiles.get(attacker), row)
    if (isSame && !applied.isNews) return
    profiles.put(attacker, row)
    this.#touch(attacker)
  }

  #keepKeystrokes({ attacker: attackerUuid, keystrokes }: KeystrokesMessage): void {
    const attacker = toByteString(attackerUuid)
    this.#stores.keystrokes.put(attacker, keystrokes)
    this.#touch(attacker)
  }

  #visit({ anchor: anchorText, sighting }: SightingMessage): void {
    const phase = phaseOfTactic(sighting.tactic)
    if (phase === null) {
      this.#count('sightings-without-phase', 1)
      return
    }
    const { anchors, visits } = this.#stores
    const anchor = toByteString(anchorText)
    const key = pairKey(anchor, toByteString(sighting.decky_id))
    const visit = visitOf({ phase, ts: sighting.created_ts, tag: sighting.tag_uuid })
    const known = visits.get(key)
    const united = known === undefined ? visit : unitedVisit(known, visit)
    if (united === known) return
    visits.put(key, united)
    if (known === undefined) anchors.put(anchor, true)
    this.#touchAnchor(anchor)
  }

  /** Marks whom an anchor stands for; an attacker that is not known yet is new when it is. */
  #touchAnchor(anchor: ByteString): void {
    const { attackers, identities } = this.#stores
    if (attackers.get(anchor) !== undefined) this.#touch(anchor)
    const identity = identities.get(anchor)
    if (identity !== undefined) this.#touch(toByteString(identity.attacker))
  }

  /** Something changed that the attacker's identity tells. */
  #touch(attacker: ByteString): void {
    const { pending } = this.#stores
    // Whoever is new is told anyway.
    const isNew = pending.get(PENDING_ATTACKERS + attacker) === NEVER_ANNOUNCED
    if (!isNew) pending.put(PENDING_TOUCHED + attacker, NO_ROOT)
    this.#gate.took()
  }

  #count(counter: string, by: number): void {
    if (by > 0) this.#context.count(counter, by)
  }
}

/** What is pending of an attacker touched needs no value. */
const NO_ROOT: ByteString = ''
