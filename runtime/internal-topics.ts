import type { TopicConfig, TopicDescription, TopicSpec } from '../broker/port.ts'
import { RuntimeConfigError } from './errors.ts'

/** Names and settings of the topics that an application owns. */

export function changelogTopic(applicationId: string, store: string): string {
  return `${applicationId}-${store}-changelog`
}

export function repartitionTopic(applicationId: string, name: string): string {
  return `${applicationId}-${name}-repartition`
}

export function deadLetterTopic(applicationId: string): string {
  return `${applicationId}-dlq`
}

/** Largest batch the product writes; topics must take at least this. */
export const BATCH_BYTES_MAX = 1024 * 1024

/**
 * Records carry event time, so nothing internal may ever be deleted by time: a replay of old data
 * would vanish minutes after it was written.
 */
const neverByTime = {
  retentionMs: -1,
  retentionBytes: -1,
  timestampType: 'create-time',
  maxMessageBytes: BATCH_BYTES_MAX + 12,
} as const

export const changelogConfig: TopicConfig = { ...neverByTime, cleanupPolicy: 'compact' }
/** Purged by offset once committed (see repartition-purge.ts). */
export const repartitionConfig: TopicConfig = { ...neverByTime, cleanupPolicy: 'delete' }
export const deadLetterConfig: TopicConfig = { ...neverByTime, cleanupPolicy: 'delete' }

/**
 * Splits wanted topics into those to create and checks those that exist.
 * @throws {RuntimeConfigError} a topic exists with another partition count or cleanup policy
 */
export function missingTopics(
  wanted: readonly TopicSpec[],
  existing: readonly TopicDescription[],
): TopicSpec[] {
  const byName = new Map(existing.map((topic) => [topic.name, topic]))
  return wanted.filter((spec) => {
    const found = byName.get(spec.name)
    if (found === undefined) return true
    if (found.partitions !== spec.partitions) {
      throw new RuntimeConfigError(
        `topic ${spec.name} has ${found.partitions} partitions, the topology needs ` +
          `${spec.partitions}: partitions of keyed state cannot change; ` +
          `reset the application, or give it another APPLICATION_ID`,
      )
    }
    const policy = spec.config?.cleanupPolicy
    if (policy !== undefined && found.config.cleanupPolicy !== policy) {
      throw new RuntimeConfigError(
        `topic ${spec.name} has cleanup policy ${found.config.cleanupPolicy}, expected ${policy}: ` +
          `set it back, since ${policy === 'compact' ? 'state would be deleted' : 'records would be dropped'}`,
      )
    }
    return false
  })
}

/**
 * Checks that a topic takes every batch that the program may write.
 * @throws {RuntimeConfigError} it would refuse some, and what is refused ends the instance
 */
export function checkTakesBatches({ config, name }: TopicDescription): void {
  const bytesMin = neverByTime.maxMessageBytes
  if (config.maxMessageBytes >= bytesMin) return
  throw new RuntimeConfigError(
    `topic ${name} takes batches of at most ${config.maxMessageBytes} bytes (max.message.bytes), ` +
      `and has to take ${bytesMin}: raise it`,
  )
}

/**
 * Checks a topic of the application's own for settings that were changed since it was created.
 * @throws {RuntimeConfigError} records would vanish, or get times that are not theirs
 */
export function checkOwnSettings({ config, name }: TopicDescription): void {
  const { cleanupPolicy, retentionBytes, retentionMs, timestampType } = config
  const changed = (setting: string, wanted: string, consequence: string) =>
    new RuntimeConfigError(
      `topic ${name} has ${setting}: set it back to ${wanted}, or ${consequence}`,
    )
  const deletes = 'records are deleted that are still needed'
  // A compacted topic is not deleted from, whatever stands there.
  if (cleanupPolicy !== 'compact' && retentionMs >= 0) {
    throw changed(`retention.ms ${retentionMs}`, '-1', deletes)
  }
  if (cleanupPolicy !== 'compact' && retentionBytes >= 0) {
    throw changed(`retention.bytes ${retentionBytes}`, '-1', deletes)
  }
  if (timestampType !== 'create-time') {
    throw changed('message.timestamp.type LogAppendTime', 'CreateTime', 'records lose their time')
  }
}
