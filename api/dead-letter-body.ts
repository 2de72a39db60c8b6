import type {
  DeadLetterReplay,
  DeadLetterSummary,
  ReplayObstacle,
} from '../state/dead-letter-port.ts'

/** A dead letter in answers and in the output of commands. */
export function deadLetterBody(deadLetter: DeadLetterSummary): object {
  const { error, keyBytes, offset, partition, replayCount, replayedAtMs, source, taskId } =
    deadLetter
  return {
    partition,
    offset,
    source: {
      topic: source.topic,
      partition: source.partition,
      offset: source.offset,
      timestamp_ms: source.timestampMs,
    },
    error: { class: error.class, code: error.code, message: error.message },
    task_id: taskId,
    truncated: deadLetter.truncated,
    key_bytes: keyBytes < 0 ? null : keyBytes,
    value_bytes: deadLetter.valueBytes < 0 ? null : deadLetter.valueBytes,
    replay_count: replayCount,
    replayed_at_ms: replayedAtMs,
  }
}

export function deadLetterReplayBody({ executed, refused, sent }: DeadLetterReplay): object {
  return {
    executed,
    sent: sent.map(deadLetterBody),
    refused: refused.map(({ because, deadLetter }) => ({
      because,
      message: obstacleTexts[because],
      dead_letter: deadLetterBody(deadLetter),
    })),
  }
}

export const obstacleTexts: Readonly<Record<ReplayObstacle, string>> = {
  replayed: 'was sent back before',
  truncated: 'was cut: the record itself is in its topic',
  'not-an-input': 'came from a topic that the application does not read',
  'topic-gone': 'came from a topic or partition that is gone',
}
