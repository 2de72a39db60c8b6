import { createHash } from 'node:crypto'
import type { TopicDescription } from '../broker/port.ts'

/**
 * Which topics a task's positions and state are of: a topic that is deleted and created again has
 * its name and another id, and its offsets count other records.
 *
 * Kept beside each committed offset as short hashes of name and id, since what stands there is
 * limited, and written with every commit.
 */
export class TopicIdentities {
  readonly #topics: readonly Pick<TopicDescription, 'name' | 'topicId'>[]
  readonly text: string

  constructor(topics: readonly Pick<TopicDescription, 'name' | 'topicId'>[]) {
    this.#topics = topics
    this.text = topics.map(({ name, topicId }) => `${brief(name)}${brief(topicId)}`).join('.')
  }

  /** Topics that had another id when `text` was written. */
  replacedSince(text: string): string[] {
    const written = parse(text)
    return this.#topics.flatMap(({ name, topicId }) => {
      const former = written.get(brief(name))
      return former !== undefined && former !== brief(topicId) ? [name] : []
    })
  }

  /** Whether `text` was written by a task that had the topic. */
  static knew(text: string, topic: string): boolean {
    return parse(text).has(brief(topic))
  }
}

const BRIEF_DIGITS = 8

function parse(text: string): Map<string, string> {
  const entries = text === '' ? [] : text.split('.')
  return new Map(entries.map((each) => [each.slice(0, BRIEF_DIGITS), each.slice(BRIEF_DIGITS)]))
}

/** Four bytes: of the few topics of a task two are the same once in 10⁸ or so. */
function brief(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, BRIEF_DIGITS)
}
