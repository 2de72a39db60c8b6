import { InvalidTopicError } from '../errors.ts'
import type { TopicConfig, TopicSpec } from '../port.ts'

const LEGAL_NAME = /^[a-zA-Z0-9._-]{1,249}$/

const DEFAULTS: Required<TopicConfig> = {
  cleanupPolicy: 'delete',
  retentionMs: -1,
  retentionBytes: -1,
  timestampType: 'create-time',
  maxMessageBytes: 1_048_588,
}

/** @throws {InvalidTopicError} Kafka would refuse the name, the partition count or a setting */
export function checkTopic({ name, partitions, config = {} }: TopicSpec): Required<TopicConfig> {
  if (!LEGAL_NAME.test(name) || name === '.' || name === '..') {
    throw new InvalidTopicError(
      `topic name ${JSON.stringify(name)}: 1 to 249 of a-z, A-Z, 0-9, '.', '_' and '-'`,
    )
  }
  if (!Number.isInteger(partitions) || partitions < 1) {
    throw new InvalidTopicError(`topic ${name}: ${partitions} partitions, at least 1 expected`)
  }
  const resolved = { ...DEFAULTS, ...config }
  for (const setting of ['retentionMs', 'retentionBytes', 'maxMessageBytes'] as const) {
    const value = resolved[setting]
    const isLegal = Number.isSafeInteger(value) && value >= (setting === 'maxMessageBytes' ? 0 : -1)
    if (!isLegal) throw new InvalidTopicError(`topic ${name}: ${setting} is ${value}`)
  }
  return resolved
}

export function isCompacted({ cleanupPolicy }: Required<TopicConfig>): boolean {
  return cleanupPolicy !== 'delete'
}

/** True: old records may be deleted by age or size. */
export function isTrimmed({ cleanupPolicy }: Required<TopicConfig>): boolean {
  return cleanupPolicy !== 'compact'
}
