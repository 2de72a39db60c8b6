import type { RecordName, SingleTopicRecordName } from '../../schemas/record-types.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'

/** The record that each type of event is, in a topic of its own. */
const records = {
  'attribution.state_changed': 'state-changed',
  'attribution.multi_actor_suspected': 'multi-actor-suspected',
  'attribution.multi_actor_cleared': 'multi-actor-cleared',
  'identity.formed': 'identity-formed',
  'identity.observation.linked': 'identity-observation-linked',
  'identity.merged': 'identity-merged',
  'identity.unmerged': 'identity-unmerged',
  'identity.campaign.assigned': 'identity-campaign-assigned',
  'campaign.formed': 'campaign-formed',
  'campaign.identity.assigned': 'campaign-identity-assigned',
  'campaign.merged': 'campaign-merged',
  'campaign.unmerged': 'campaign-unmerged',
} as const satisfies Record<string, SingleTopicRecordName>

type RecordType = keyof typeof records

/** Events of others: they are no record of ours and passed on as they came. */
const foreignTopics = {
  'fingerprint.rotated': 'attacker.fingerprint_rotated',
  'attacker.scored': 'attacker.scored',
} as const

type ForeignType = keyof typeof foreignTopics

export type EventType = 'observation' | ForeignType | RecordType

export const eventTypes: readonly EventType[] = [
  'observation',
  ...(Object.keys(foreignTopics) as ForeignType[]),
  ...(Object.keys(records) as RecordType[]),
]

/** What happens to attackers and to identities made beforehand; the rest is of clusterers. */
export const attackerEventTypes = eventTypes.filter(
  (type) => !type.startsWith('identity.') && !type.startsWith('campaign.'),
)

/** What the events of a family begin with, such as `identity` of `identity.formed`. */
export type EventFamily = 'identity' | 'campaign'

export function typesOfFamily(family: EventFamily): readonly EventType[] {
  return eventTypes.filter((type) => type.startsWith(`${family}.`))
}

export function isEventType(text: string): text is EventType {
  return eventTypes.some((type) => type === text)
}

/** Null: no record of ours. */
export function recordOf(type: EventType): RecordName | null {
  if (type === 'observation') return type
  return isRecordType(type) ? records[type] : null
}

function isRecordType(type: EventType): type is RecordType {
  return Object.hasOwn(records, type)
}

/** Which topics the types of events are read from. */
export class EventTopics {
  private readonly observationTopics: readonly string[]
  private readonly types = new Map<string, EventType>()

  /** @param observationTopics the inputs that carry observations */
  constructor(observationTopics: readonly string[]) {
    this.observationTopics = observationTopics
    for (const type of eventTypes) {
      for (const topic of this.ofTypes([type])) this.types.set(topic, type)
    }
  }

  ofTypes(types: readonly EventType[]): string[] {
    return types.flatMap((type) => {
      if (type === 'observation') return this.observationTopics
      return [isRecordType(type) ? PUBLIC_TOPICS[records[type]] : foreignTopics[type]]
    })
  }

  /** @returns undefined: no event is made of the topic */
  typeOf(topic: string): EventType | undefined {
    return this.types.get(topic)
  }
}
