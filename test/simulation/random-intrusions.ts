import type { TechniqueTag } from '../../schemas/cluster-records.ts'
import type { AttackerProfile } from '../../schemas/records.ts'
import { PUBLIC_TOPICS, workerTopic } from '../../schemas/topics.ts'
import { WORKER_ACTIONS, WORKERS } from '../../schemas/worker-records.ts'
import type { IngestRecord } from '../../state/query-port.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { RandomObservations } from './random-observations.ts'

/** A record for an input topic. */
export interface Sent {
  readonly topic: string
  readonly record: IngestRecord
}

/** What attackers may have in common. */
export interface Wares {
  readonly ja3: readonly string[]
  readonly hassh: readonly string[]
  readonly payloads: readonly string[]
  readonly endpoints: readonly string[]
}

/** An attacker as its profile says; null: no fingerprint. */
export interface Traits {
  readonly firstSeen: number
  readonly ja3: string | null
  readonly hassh: string | null
  readonly payloads: readonly string[]
  readonly endpoints: readonly string[]
}

const ATTACKERS = [0, 1, 2, 3, 4, 5, 6].map((n) => `attacker-${n}`).concat('ättäcker-7')

/** Few of each kind, so that attackers often share some, and `go` is now and then a hub. */
const WARES: Wares = {
  ja3: ['j1', 'j2', 'j3'],
  hassh: ['go', 'h1', 'h2'],
  payloads: ['p1', 'p2', 'p3'],
  endpoints: ['c1', 'c2'],
}

const DECKIES = ['decky-1', 'decky-2', null]
const TACTICS = ['TA0003', 'TA0011', 'TA0007', 'TA0008', 'TA0001', 'TA9999']
const DAY_S = 86_400

export interface RandomIntrusionsOptions {
  readonly attackers?: readonly string[]
  /** By attacker. @default the same few for all */
  readonly waresOf?: (attacker: string) => Wares
  /** Commands to workers. @default true */
  readonly commands?: boolean
}

/**
 * Attackers whose fingerprints, payloads and endpoints come and go, who are observed in all the ways
 * of {@link RandomObservations}, and tagged; and now and then a command to a worker.
 */
export class RandomIntrusions {
  readonly #random: () => number
  readonly #attackers: readonly string[]
  readonly #waresOf: (attacker: string) => Wares
  readonly #commands: boolean
  readonly #observations: RandomObservations
  readonly #traits = new Map<string, Traits>()
  readonly #sent: Sent[] = []
  #count = 0
  #isInFashion = false
  /** Those who have yet to follow the fashion. */
  #followers: string[] = []

  constructor(random: () => number, options: RandomIntrusionsOptions = {}) {
    const { attackers = ATTACKERS, commands = true, waresOf = () => WARES } = options
    this.#random = random
    this.#attackers = attackers
    this.#waresOf = waresOf
    this.#commands = commands
    this.#observations = new RandomObservations(random, attackers)
  }

  next(nowMs: number): Sent {
    const follower = this.#random() < 0.6 ? this.#followers.pop() : undefined
    if (follower !== undefined) return this.#followFashion(follower, nowMs)
    const chance = this.#random()
    if (chance < 0.45) {
      const { record } = this.#observations.next(nowMs)
      return { topic: PUBLIC_TOPICS.observation, record }
    }
    if (chance < 0.5 && this.#sent.length > 0) return this.#pick(this.#sent)
    if (this.#commands && chance > 0.98) return this.#command(nowMs)
    if (chance < 0.55) {
      this.#isInFashion = !this.#isInFashion
      this.#followers = this.#attackers.filter(() => this.#random() < 0.8)
    }
    const sent = chance < 0.86 ? this.#profile(nowMs) : this.#tag(nowMs)
    this.#sent.push(sent)
    return sent
  }

  /** Commands that let every worker run again. */
  resume(nowMs: number): Sent[] {
    return WORKERS.map((worker) => this.#told(worker, 'resume', nowMs))
  }

  #profile(nowMs: number): Sent {
    const attacker = this.#pick(this.#attackers)
    const topic = PUBLIC_TOPICS['attacker-profile']
    if (this.#random() < 0.03) {
      const value = Buffer.from(`{"attacker_uuid":"${attacker}","first_seen":"never"}`)
      return { topic, record: { key: attacker, value, timestampMs: nowMs } }
    }
    const traits = this.#changed(attacker, this.#traits.get(attacker) ?? this.#stranger(nowMs))
    this.#traits.set(attacker, traits)
    return profileRecord(attacker, traits, nowMs)
  }

  #stranger(nowMs: number): Traits {
    const firstSeen = Math.floor(nowMs / 1000) - this.#below(4)
    return { firstSeen, ja3: null, hassh: null, payloads: [], endpoints: [] }
  }

  /** A tool comes into use with most attackers, or goes out of it: a value becomes a hub, or none. */
  #followFashion(attacker: string, nowMs: number): Sent {
    const traits = this.#traits.get(attacker) ?? this.#stranger(nowMs)
    const hassh = this.#isInFashion ? this.#waresOf(attacker).hassh[0]! : null
    this.#traits.set(attacker, { ...traits, hassh })
    return profileRecord(attacker, { ...traits, hassh }, nowMs)
  }

  /** One thing is other than before. */
  #changed(attacker: string, traits: Traits): Traits {
    const wares = this.#waresOf(attacker)
    const isGone = this.#random() < 0.35
    switch (this.#below(9)) {
      case 0:
      case 1:
        return { ...traits, ja3: isGone ? null : this.#pick(wares.ja3) }
      case 2:
      case 3:
      case 4:
        return { ...traits, hassh: isGone ? null : this.#pick(wares.hassh) }
      case 5:
      case 6:
        return { ...traits, payloads: this.#other(traits.payloads, wares.payloads, isGone) }
      case 7:
        return { ...traits, endpoints: this.#other(traits.endpoints, wares.endpoints, isGone) }
      default:
        return { ...traits, firstSeen: traits.firstSeen + this.#below(3) - 1 }
    }
  }

  #other(own: readonly string[], of: readonly string[], isGone: boolean): readonly string[] {
    const ware = this.#pick(isGone && own.length > 0 ? own : of)
    const others = own.filter((each) => each !== ware)
    return isGone ? others : [...others, ware]
  }

  #tag(nowMs: number): Sent {
    const attacker = this.#pick(this.#attackers)
    const isOfIdentity = this.#random() < 0.3
    const tag: TechniqueTag = {
      tag_uuid: `tag-${this.#count++}`,
      attacker_uuid: isOfIdentity ? null : attacker,
      identity_uuid: isOfIdentity ? stubIdentity(attacker) : null,
      session_id: null,
      decky_id: this.#pick(DECKIES),
      technique_id: 'T1',
      sub_technique_id: null,
      tactic: this.#pick(TACTICS),
      confidence: 0.9,
      created_ts: Math.floor(nowMs / 1000) - this.#below(6) * (DAY_S / 4),
    }
    const key = tag.attacker_uuid ?? tag.identity_uuid!
    return { topic: PUBLIC_TOPICS['technique-tag'], record: jsonRecord(key, tag, nowMs) }
  }

  #command(nowMs: number): Sent {
    return this.#told(this.#pick(WORKERS), this.#pick(WORKER_ACTIONS), nowMs)
  }

  #told(worker: (typeof WORKERS)[number], action: string, nowMs: number): Sent {
    const control = { action, requested_by: 'simulation', ts: nowMs / 1000 }
    return { topic: workerTopic(worker, 'control'), record: jsonRecord(worker, control, nowMs) }
  }

  #pick<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!
  }

  #below(bound: number): number {
    return Math.floor(this.#random() * bound)
  }
}

export function profileRecord(attacker: string, traits: Traits, nowMs: number): Sent {
  const { endpoints, firstSeen, hassh, ja3, payloads } = traits
  const fingerprints = [
    ...(ja3 === null ? [] : [{ kind: 'ja3', hash: ja3, value: null }]),
    ...(hassh === null ? [] : [{ kind: 'hassh', hash: null, value: hassh }]),
    { kind: 'tls_certificate', hash: `cert of ${attacker}`, value: null },
  ]
  const profile: AttackerProfile = {
    attacker_uuid: attacker,
    attacker_ip: null,
    first_seen: firstSeen,
    last_seen: firstSeen + 10,
    asn: null,
    fingerprints,
    payload_hashes: payloads,
    c2_endpoints: endpoints,
    credentials: [],
    commands: [],
  }
  const record = jsonRecord(attacker, profile, nowMs)
  return { topic: PUBLIC_TOPICS['attacker-profile'], record }
}

function jsonRecord(key: string, value: object, timestampMs: number): IngestRecord {
  return { key, value: Buffer.from(JSON.stringify(value)), timestampMs }
}
