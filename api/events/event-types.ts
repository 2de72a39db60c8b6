import type { RecordName } from '../../schemas/record-types.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'

/** The record that each type of event is; null: not one of ours, passed on as it came. */
const records = {
  observation: 'observation',
  'fingerprint.rotated': null,
  'attacker.scored': null,
  'attribution.state_changed': 'state-changed',
  'attribution.multi_actor_suspected': 'multi-actor-suspected',
  'attribution.multi_actor_cleared': 'multi-actor-cleared',
} as const satisfies Record<string, RecordName | null>

export type EventType = keyof typeof records

export const eventTypes = Object.keys(records) as readonly EventType[]

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(records, text)
}

export function recordOf(type: EventType): RecordName | null {
  return records[type]
}

/** Which topics the types of events are read from. */
export class EventTopics {
  private readonly topics: Readonly<Record<EventType, readonly string[]>>
  private readonly types = new Map<string, EventType>()

  /** @param observationTopics the inputs that carry observations */
  constructor(observationTopics: readonly string[]) {
    this.topics = {
      observation: observationTopics,
      'fingerprint.rotated': ['attacker.fingerprint_rotated'],
      'attacker.scored': ['attacker.scored'],
      'attribution.state_changed': [PUBLIC_TOPICS['state-changed']],
      'attribution.multi_actor_suspected': [PUBLIC_TOPICS['multi-actor-suspected']],
      'attribution.multi_actor_cleared': [PUBLIC_TOPICS['multi-actor-cleared']],
    }
    for (const type of eventTypes) {
      for (const topic of this.topics[type]) this.types.set(topic, type)
    }
  }

  ofTypes(types: readonly EventType[]): string[] {
    return types.flatMap((type) => this.topics[type])
  }

  /** @returns undefined: no event is made of the topic */
  typeOf(topic: string): EventType | undefined {
    return this.types.get(topic)
  }
}
