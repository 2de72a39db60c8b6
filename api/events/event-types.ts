import type { RecordName } from '../../schemas/record-types.ts'

/**
 * The events of a stream: the topic each is read from, and the record it is.
 * Null: passed on as it came.
 */
const events = {
  observation: { topic: 'attacker.observation', record: 'observation' },
  'fingerprint.rotated': { topic: 'attacker.fingerprint_rotated', record: null },
  'attacker.scored': { topic: 'attacker.scored', record: null },
  'attribution.state_changed': {
    topic: 'attribution.profile.state_changed',
    record: 'state-changed',
  },
  'attribution.multi_actor_suspected': {
    topic: 'attribution.profile.multi_actor_suspected',
    record: 'multi-actor-suspected',
  },
  'attribution.multi_actor_cleared': {
    topic: 'attribution.profile.multi_actor_cleared',
    record: 'multi-actor-cleared',
  },
} as const satisfies Record<string, { topic: string; record: RecordName | null }>

export type EventType = keyof typeof events

export const eventTypes = Object.keys(events) as readonly EventType[]

/** The topics that somebody must be able to watch for the streams to have all events. */
export const eventTopics: readonly string[] = eventTypes.map((type) => events[type].topic)

const typesByTopic: ReadonlyMap<string, EventType> = new Map(
  eventTypes.map((type) => [events[type].topic, type]),
)

/** @returns undefined: no event is made of the topic */
export function eventTypeOf(topic: string): EventType | undefined {
  return typesByTopic.get(topic)
}

export function topicOf(type: EventType): string {
  return events[type].topic
}

export function recordOf(type: EventType): RecordName | null {
  return events[type].record
}

export function isEventType(text: string): text is EventType {
  return Object.hasOwn(events, text)
}
