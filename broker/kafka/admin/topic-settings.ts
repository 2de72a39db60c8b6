import type { TopicConfig } from '../../port.ts'

/** The settings of a topic that the port knows, by Kafka's names. */
export const settingNames = [
  'cleanup.policy',
  'retention.ms',
  'retention.bytes',
  'message.timestamp.type',
  'max.message.bytes',
] as const

/** Every setting is given: a broker's own defaults would delete what carries old event times. */
export function toSettings(config: TopicConfig = {}): [name: string, value: string][] {
  const isAppendTime = config.timestampType === 'log-append-time'
  return [
    ['cleanup.policy', config.cleanupPolicy ?? 'delete'],
    ['retention.ms', String(config.retentionMs ?? -1)],
    ['retention.bytes', String(config.retentionBytes ?? -1)],
    ['message.timestamp.type', isAppendTime ? 'LogAppendTime' : 'CreateTime'],
    ['max.message.bytes', String(config.maxMessageBytes ?? 1_048_588)],
  ]
}

export function fromSettings(values: ReadonlyMap<string, string>): Required<TopicConfig> {
  return {
    cleanupPolicy: cleanupPolicy(values.get('cleanup.policy') ?? ''),
    retentionMs: Number(values.get('retention.ms')),
    retentionBytes: Number(values.get('retention.bytes')),
    timestampType:
      values.get('message.timestamp.type') === 'LogAppendTime' ? 'log-append-time' : 'create-time',
    maxMessageBytes: Number(values.get('max.message.bytes')),
  }
}

/** Kafka keeps the list as it was written: `delete,compact` too. */
function cleanupPolicy(value: string): Required<TopicConfig>['cleanupPolicy'] {
  if (!value.includes('compact')) return 'delete'
  return value.includes('delete') ? 'compact,delete' : 'compact'
}
