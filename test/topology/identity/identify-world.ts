import type { DriverRecord } from '../../../runtime/test-driver-log.ts'
import {
  type TestDriverOptions,
  TopologyTestDriver,
} from '../../../runtime/topology-test-driver.ts'
import { PUBLIC_TOPICS } from '../../../schemas/topics.ts'
import type { AttackerProfile, Fingerprint } from '../../../schemas/records.ts'
import type { WorkerControl } from '../../../schemas/worker-records.ts'
import type { IdentityMessage } from '../../../topology/campaign/identity-message.ts'
import {
  attackerMessageSerializer,
  readAttackerMessage,
} from '../../../topology/clustering/attacker-message-codec.ts'
import type { AttackerMessage } from '../../../topology/clustering/attacker-message.ts'
import { keystrokesOf } from '../../../topology/clustering/keystroke-counts.ts'
import type { IdentityRow } from '../../../topology/identity/identity-row.ts'
import { prefetchIdentify } from '../../../topology/identity/identify-prefetch.ts'
import { IDENTITY_SINKS } from '../../../topology/identity/identity-sinks.ts'
import { IDENTITY_STORES } from '../../../topology/identity/identity-stores.ts'
import { addIdentity } from '../../../topology/identity/identity-topology.ts'
import { Topology } from '../../../topology/topology.ts'
import { read, write } from '../../vectors/vector-serdes.ts'

export const FEATURES_TOPIC = 'features'
export const MOVES_TOPIC = 'moves'
const MESSAGES_TOPIC = 'messages'
const CONTROL_TOPIC = 'control'
const HEALTH_TOPIC = 'health'

const OUTPUTS = [
  ...Object.values(IDENTITY_SINKS).map((record) => PUBLIC_TOPICS[record]),
  MOVES_TOPIC,
  FEATURES_TOPIC,
]

export interface IdentifyWorldOptions {
  readonly driver?: TestDriverOptions
  readonly genericLimit?: number
  /** Told of every record as it is written, attempts that miss included. */
  readonly onWrite?: (topic: string, value: object) => void
}

/** The `identify` sub-topology alone, told by hand, and what it tells. */
export class IdentifyWorld {
  readonly driver: TopologyTestDriver
  readonly #serialize = attackerMessageSerializer()
  #ms = 1_000

  constructor({ driver = {}, genericLimit = 1_000, onWrite }: IdentifyWorldOptions = {}) {
    const writing = (topic: string) => (value: object) => {
      onWrite?.(topic, value)
      return write(value)
    }
    const topology = new Topology()
      .addSource<AttackerMessage>('messages', {
        topics: [MESSAGES_TOPIC],
        deserializer: readAttackerMessage,
        prefetch: prefetchIdentify,
      })
      .addSource('control', {
        topics: [CONTROL_TOPIC],
        deserializer: (raw) => ({ type: 'control', control: read(raw) as WorkerControl }),
      })
      .addSink('moves', { parents: ['identify'], topic: MOVES_TOPIC, serializer: writing('moves') })
      .addSink('features', {
        parents: ['identify'],
        topic: FEATURES_TOPIC,
        serializer: writing('features'),
      })
      .addSink('health', { parents: ['identify'], topic: HEALTH_TOPIC, serializer: write })
    addIdentity(topology, {
      parents: ['messages', 'control'],
      health: 'health',
      moves: 'moves',
      features: 'features',
      policy: 'streaming',
      genericEvidenceLimit: genericLimit,
      serdes: {
        link: writing('link'),
        formed: writing('formed'),
        linked: writing('linked'),
        merged: writing('merged'),
        unmerged: writing('unmerged'),
        generic: writing('generic'),
      },
    })
    this.driver = new TopologyTestDriver(topology.build(), driver)
  }

  async tell(...messages: readonly AttackerMessage[]): Promise<void> {
    await this.driver.pipeBatch(
      messages.map((message) => ({
        topic: MESSAGES_TOPIC,
        key: null,
        value: Buffer.from(this.#serialize(message)!),
        timestampMs: this.#ms++,
      })),
    )
  }

  async control(action: WorkerControl['action']): Promise<void> {
    const value = write({ action, requested_by: 'test', ts: 1 } satisfies WorkerControl)
    await this.driver.pipe(CONTROL_TOPIC, { key: null, value, timestampMs: this.#ms++ })
  }

  /** Lets a pass run. @returns what was told since the last, by topic; topics with nothing lack */
  async pass(): Promise<Record<string, DriverRecord[]>> {
    await this.driver.advanceWallClock(250)
    const told = OUTPUTS.map((topic) => [topic, this.driver.read(topic)] as const)
    return Object.fromEntries(told.filter(([, records]) => records.length > 0))
  }

  /** As `pass`, but only the values told. */
  async passValues(): Promise<Record<string, unknown[]>> {
    const told = Object.entries(await this.pass())
    return Object.fromEntries(
      told.map(([topic, records]) => [topic, records.map(({ value }) => parsed(value))]),
    )
  }

  async identities(): Promise<Record<string, IdentityRow>> {
    return Object.fromEntries(await this.driver.store<IdentityRow>('identities').entries())
  }

  /** Every row of every store, by store. */
  async everything(): Promise<Record<string, [string, unknown][]>> {
    const stores = IDENTITY_STORES.map(async ({ name }) => {
      return [name, await this.driver.store<unknown>(name).entries()] as const
    })
    return Object.fromEntries(await Promise.all(stores))
  }

  count(counter: string): number {
    return this.driver.counters.get(`identify/${counter}`) ?? 0
  }

  health(): unknown[] {
    return this.driver.read(HEALTH_TOPIC).map(({ value }) => parsed(value))
  }
}

function parsed(value: Buffer | null): unknown {
  return value === null ? null : JSON.parse(value.toString())
}

/** What campaigns know after these messages: the last of each identity. */
export function lastMessages(messages: readonly unknown[]): Map<string, IdentityMessage> {
  return new Map((messages as IdentityMessage[]).map((message) => [message.identity, message]))
}

export function seen(attacker: string, firstSeen: number): AttackerMessage {
  return { type: 'seen', attacker, firstSeen }
}

export type ProfileFields = Partial<Omit<AttackerProfile, 'attacker_uuid'>>

export function profile(attacker: string, fields: ProfileFields = {}): AttackerMessage {
  const first_seen = fields.first_seen ?? 1
  return {
    type: 'profile',
    profile: {
      attacker_ip: null,
      last_seen: first_seen,
      asn: null,
      fingerprints: [],
      payload_hashes: [],
      c2_endpoints: [],
      credentials: [],
      commands: [],
      ...fields,
      first_seen,
      attacker_uuid: attacker,
    },
  }
}

export function fingerprint(kind: string, hash: string | null, value: string | null = null) {
  return { kind, hash, value } satisfies Fingerprint
}

export function keystrokes(attacker: string, ...hashes: readonly string[]): AttackerMessage {
  return { type: 'keystrokes', attacker, keystrokes: keystrokesOf(hashes) }
}

export function sighting(
  anchor: string,
  decky_id: string,
  tactic: string,
  created_ts: number,
  tag_uuid = `${anchor}-${decky_id}-${created_ts}`,
): AttackerMessage {
  return { type: 'sighting', anchor, sighting: { tag_uuid, tactic, created_ts, decky_id } }
}
