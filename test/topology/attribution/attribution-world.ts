import { partitionForText } from '../../../bytes/murmur2.ts'
import { fromByteString, toByteString } from '../../../bytes/byte-string.ts'
import {
  type PipedRecord,
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import { valueToJson } from '../../../schemas/observed-value.ts'
import type {
  MoveCause,
  MultiActorCleared,
  MultiActorSuspected,
  StateChanged,
  Value,
} from '../../../schemas/records.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import {
  type AttributionOptions,
  attributionTopology,
} from '../../../topology/attribution/attribution-topology.ts'
import type { IdentityMember } from '../../../topology/attribution/identity-member.ts'
import type { MultiActorWindow } from '../../../topology/attribution/multi-actor-window.ts'
import type { Profile } from '../../../topology/attribution/profile.ts'
import { read, vectorSerdes, write } from '../../vectors/vector-serdes.ts'

export const NOW_MS = 1_800_000_000_000

export interface WorldOptions {
  readonly topology?: AttributionOptions
  readonly driver?: TestDriverOptions
}

export interface Observed {
  readonly attacker: string
  readonly primitive: string
  readonly value: Value
  readonly ts: number
  readonly ref: string | null
  readonly id?: string
  readonly confidence?: number
  /** @default where the attacker's key belongs */
  readonly partition?: number
  readonly appendTimeMs?: number
}

export interface ShownRow {
  readonly state: string | null
  readonly currentValue: Value
  readonly confidence: number
  readonly observationCount: number
  readonly lastObservationTs: number
  readonly lastChangeTs: number
}

/** The attribution topology, fed record by record or in batches, and what came of it. */
export class AttributionWorld {
  readonly driver: TopologyTestDriver
  readonly partitions: number
  readonly #queued: (PipedRecord & { readonly topic: string })[] = []
  #timestampMs = NOW_MS - 1_000_000_000

  constructor({ topology = {}, driver = {} }: WorldOptions = {}) {
    this.partitions = driver.partitions ?? 1
    const built = attributionTopology({ ...topology, serdes: vectorSerdes }).build()
    this.driver = new TopologyTestDriver(built, { wallClockMs: NOW_MS, ...driver })
  }

  /** The partition beside the right one. */
  wrongPartition(key: string): number {
    return (partitionForText(key, this.partitions) + 1) % this.partitions
  }

  observe(observed: Observed): this {
    const { appendTimeMs, attacker, confidence = 0.9, id = '', partition, ref } = observed
    const { primitive, ts, value } = observed
    const record = { id, primitive, ts, confidence, evidence_ref: ref, value: valueToJson(value) }
    return this.#queue(
      PUBLIC_TOPICS.observation,
      attacker,
      { attacker_uuid: attacker, ...record },
      {
        ...(partition === undefined ? {} : { partition }),
        ...(appendTimeMs === undefined ? {} : { appendTimeMs }),
      },
    )
  }

  attributed(
    identity: string,
    { attacker, partition, primitive, ts, value }: Omit<Observed, 'ref'>,
  ): this {
    const record = { identity_uuid: identity, attacker_uuid: attacker, primitive, ts }
    return this.#queue(
      PUBLIC_TOPICS['identity-observation'],
      identity,
      { ...record, value: valueToJson(value) },
      partition === undefined ? {} : { partition },
    )
  }

  link(attacker: string, root: string, cause: MoveCause = 'link', options: LinkOptions = {}): this {
    const { identity = root, partition } = options
    return this.#queue(
      PUBLIC_TOPICS['identity-link'],
      attacker,
      { attacker_uuid: attacker, identity_uuid: identity, root_uuid: root, cause },
      partition === undefined ? {} : { partition },
    )
  }

  profile(attacker: string, firstSeen: number, lastSeen = firstSeen, partition?: number): this {
    return this.#queue(
      PUBLIC_TOPICS['attacker-profile'],
      attacker,
      { attacker_uuid: attacker, first_seen: firstSeen, last_seen: lastSeen },
      partition === undefined ? {} : { partition },
    )
  }

  /** Lets the tasks take what is queued as one batch. */
  async run(): Promise<this> {
    await this.driver.pipeBatch(this.#queued.splice(0))
    const [failure] = this.driver.failures
    if (failure !== undefined) throw failure
    return this
  }

  /** State changes since the last call. */
  changes(): StateChanged[] {
    return this.#read<StateChanged>(PUBLIC_TOPICS['state-changed'])
  }

  suspected(): MultiActorSuspected[] {
    return this.#read<MultiActorSuspected>(PUBLIC_TOPICS['multi-actor-suspected'])
  }

  cleared(): MultiActorCleared[] {
    return this.#read<MultiActorCleared>(PUBLIC_TOPICS['multi-actor-cleared'])
  }

  /** Rows by `identity primitive`. */
  async rows(): Promise<Map<string, ShownRow>> {
    const rows = await this.driver.store<Profile>('attribution-profiles').entries()
    return new Map(rows.map(([key, profile]) => [shownKey(key), shownRow(profile)]))
  }

  async row(identity: string, primitive: string): Promise<ShownRow | undefined> {
    return (await this.rows()).get(`${identity} ${primitive}`)
  }

  async members(): Promise<Map<string, IdentityMember>> {
    const rows = await this.driver.store<IdentityMember>('identity-members').entries()
    return new Map(rows.map(([key, member]) => [shownKey(key), member]))
  }

  async windows(): Promise<Map<string, MultiActorWindow>> {
    const rows = await this.driver.store<MultiActorWindow>('multi-actor-windows').entries()
    return new Map(rows.map(([key, window]) => [shownKey(key), window]))
  }

  /** Keys of a store, in text. */
  async keys(store: string): Promise<string[]> {
    const rows = await this.driver.store(store).entries()
    return rows.map(([key]) => shownKey(key))
  }

  async get<V>(store: string, ...parts: string[]): Promise<V | undefined> {
    return await this.driver.store<V>(store).get(parts.map(toByteString).join('\u0000'))
  }

  #queue(topic: string, key: string, record: object, options: Partial<PipedRecord>): this {
    const timestampMs = this.#timestampMs++
    this.#queued.push({ topic, key, value: write(record), timestampMs, ...options })
    return this
  }

  #read<T>(topic: string): T[] {
    return this.driver.readValues(topic, read).map(({ value }) => value as T)
  }
}

export interface LinkOptions {
  /** The literal link. @default the root */
  readonly identity?: string
  readonly partition?: number
}

function shownKey(key: string): string {
  return key.split('\u0000').map(fromByteString).join(' ')
}

function shownRow(profile: Profile): ShownRow {
  const { state, currentValue, confidence, observationCount, lastObservationTs, lastChangeTs } =
    profile
  return { state, currentValue, confidence, observationCount, lastObservationTs, lastChangeTs }
}
