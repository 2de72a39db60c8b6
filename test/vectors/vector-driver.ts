import { toByteString } from '../../bytes/byte-string.ts'
import { type PipedRecord, TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import { valueToJson } from '../../schemas/observed-value.ts'
import type { MultiActorSuspected, StateChanged } from '../../schemas/records.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import type { AttackerLink } from '../../topology/attribution/attacker-link.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import type { Profile } from '../../topology/attribution/profile.ts'
import { TRIGGER_TOPIC } from '../../topology/attribution/reference-trigger.ts'
import { pairKey } from '../../topology/attribution/store-keys.ts'
import { read, vectorSerdes, write } from './vector-serdes.ts'

export type PolicyName = 'streaming' | 'reference'

export interface VectorObservation {
  readonly attacker: string
  readonly primitive: string
  readonly value: unknown
  readonly ts: number
  readonly confidence: number
  readonly ref: string
}

/** The row as the vectors write it. */
export type VectorRow = {
  readonly state: string
  readonly current_value: unknown
  readonly confidence: number
  readonly observation_count: number
  readonly last_change_ts: number
  readonly last_observation_ts: number
}

export type VectorChange = Omit<StateChanged, 'cause'>

const TICK_MS = 60_000
/** Later than every observation of the vectors: no sensor's clock is ahead. */
const NOW_MS = 4_000_000_000_000

/** The attribution topology in a test driver, spoken to in the vectors' words. */
export class VectorDriver {
  readonly #driver: TopologyTestDriver
  readonly #queued: (PipedRecord & { readonly topic: string })[] = []
  /** Orders what is queued for different topics: a task takes its records by timestamp. */
  #timestampMs = 0

  constructor(policy: PolicyName) {
    const topology = attributionTopology({ serdes: vectorSerdes, policy }).build()
    this.#driver = new TopologyTestDriver(topology, { wallClockMs: NOW_MS })
  }

  get deadLetterCount(): number {
    return this.#driver.deadLetters.length
  }

  observe(observation: VectorObservation): void {
    const { attacker, confidence, primitive, ref, ts, value } = observation
    const id = `${attacker} ${ref}`
    const record = { id, primitive, value, ts, confidence, evidence_ref: ref }
    this.#queue(PUBLIC_TOPICS.observation, attacker, { attacker_uuid: attacker, ...record })
  }

  attacker(attacker: string): void {
    const record = { attacker_uuid: attacker, first_seen: 0, last_seen: 0 }
    this.#queue(PUBLIC_TOPICS['attacker-profile'], attacker, record)
  }

  link(attacker: string, identity: string): void {
    const record = { identity_uuid: identity, root_uuid: identity, cause: 'link' }
    this.#queue(PUBLIC_TOPICS['identity-link'], attacker, { attacker_uuid: attacker, ...record })
  }

  event(attacker: string | undefined, primitive: string | undefined): void {
    const record = { attacker_uuid: attacker, primitive }
    this.#queue(TRIGGER_TOPIC, attacker ?? '', record)
  }

  /** Lets the topology take what is queued; @returns the state changes, in order */
  async run(): Promise<VectorChange[]> {
    await this.#driver.pipeBatch(this.#queued.splice(0))
    const [failure] = this.#driver.failures
    if (failure !== undefined) throw failure
    const changes = this.#driver.readValues(PUBLIC_TOPICS['state-changed'], read)
    return changes.map(({ value }) => withoutCause(value as StateChanged))
  }

  /** Lets a minute pass; @returns the alerts, in order */
  async tick(): Promise<[identity: string, primitives: readonly string[]][]> {
    await this.run()
    await this.#driver.advanceWallClock(TICK_MS)
    const topic = PUBLIC_TOPICS['multi-actor-suspected']
    return this.#driver
      .readValues(topic, read)
      .map(({ value }) => value as MultiActorSuspected)
      .map(({ identity_uuid, primitives }) => [identity_uuid, primitives])
  }

  async restart(): Promise<void> {
    await this.run()
    await this.#driver.restart()
  }

  /** Null: unknown, or known and not linked. */
  async identityOf(attacker: string): Promise<string | null> {
    const links = this.#driver.store<AttackerLink>('attacker-links')
    const link = await links.get(toByteString(attacker))
    return link === undefined || link.identity === '' ? null : link.identity
  }

  async row(identity: string, primitive: string): Promise<VectorRow | null> {
    const key = pairKey(toByteString(identity), toByteString(primitive))
    const profile = await this.#driver.store<Profile>('attribution-profiles').get(key)
    if (profile === undefined || profile.state === null) return null
    return {
      state: profile.state,
      current_value: valueToJson(profile.currentValue),
      confidence: profile.confidence,
      observation_count: profile.observationCount,
      last_change_ts: profile.lastChangeTs,
      last_observation_ts: profile.lastObservationTs,
    }
  }

  #queue(topic: string, key: string, record: object): void {
    this.#queued.push({ topic, key, value: write(record), timestampMs: this.#timestampMs++ })
  }
}

/** The reference knows no causes. */
function withoutCause(change: StateChanged): VectorChange {
  const { cause, ...rest } = change
  if (cause === 'observation') return rest
  throw new Error(`a change by ${cause}, where no move may be evaluated`)
}

export function byIdentity(changes: readonly VectorChange[]): Map<string, VectorChange[]> {
  const groups = new Map<string, VectorChange[]>()
  for (const change of changes) {
    const group = groups.get(change.identity_uuid)
    if (group === undefined) groups.set(change.identity_uuid, [change])
    else group.push(change)
  }
  return groups
}
