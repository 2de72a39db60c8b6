import type { TopicDescription } from '../broker/port.ts'
import { TopicChangedError } from './errors.ts'
import type { PlannedTopic } from './topic-plan.ts'

export interface TopicChanges {
  /** What the instance cannot go on with, all of it in one; null: nothing. */
  readonly fatal: TopicChangedError | null
  /** What only an operator need know. */
  readonly warnings: readonly string[]
}

export const NO_CHANGES: TopicChanges = { fatal: null, warnings: [] }

const BEGIN_ANEW =
  'run attribution-streams reset --to-earliest --execute, or start under another APPLICATION_ID'

/** How topics differ from what an instance started with. */
export function topicChanges(
  planned: readonly PlannedTopic[],
  described: readonly TopicDescription[],
): TopicChanges {
  const found = new Map(described.map((topic) => [topic.name, topic]))
  const fatal: string[] = []
  const remedies = new Set<string>()
  const warnings: string[] = []
  for (const topic of planned) {
    const what = changeOf(topic, found.get(topic.name))
    if (what === null) continue
    const remedy = remedyOf(topic, found.get(topic.name))
    if (remedy === null) warnings.push(`${what}, while the instance runs`)
    else {
      fatal.push(what)
      remedies.add(remedy)
    }
  }
  if (fatal.length === 0) return { fatal: null, warnings }
  const message = `${fatal.join('; ')}, while the instance ran. To go on, ${[...remedies].join('; ')}`
  return { fatal: new TopicChangedError(message), warnings }
}

function changeOf(was: PlannedTopic, is: TopicDescription | undefined): string | null {
  const topic = `${was.role} topic ${was.name}`
  if (is === undefined) return `${topic} was deleted`
  if (is.topicId !== was.topicId) return `${topic} was deleted and created again`
  if (is.partitions === was.partitions) return null
  return `${topic} has ${is.partitions} partitions instead of ${was.partitions}`
}

/**
 * What keeps state from fitting its input is mended by beginning anew. Outputs hold no state: the
 * instance goes on with one that was created again, and writes to the partitions that it knows.
 */
function remedyOf({ name, role }: PlannedTopic, is: TopicDescription | undefined): string | null {
  if (role === 'output') return is === undefined ? `create ${name} and start again` : null
  return is === undefined && role === 'input' ? `create ${name} and ${BEGIN_ANEW}` : BEGIN_ANEW
}
