import type {
  DeadLetterFilter,
  DeadLetterList,
  DeadLetterPort,
  DeadLetterReplay,
  DeadLetterSummary,
  ReplayRequest,
} from '../../state/dead-letter-port.ts'

/** Dead letters in memory; what was asked is kept. */
export class MemoryDeadLetters implements DeadLetterPort {
  readonly rows: DeadLetterSummary[] = []
  readonly asked: (DeadLetterFilter | ReplayRequest)[] = []
  failure: Error | null = null

  add(offset: number): void {
    this.rows.push({
      partition: 0,
      offset,
      source: { topic: 'attacker.observation', partition: 2, offset: 41, timestampMs: 1000 },
      error: { class: 'DeserializationError', code: 'DESERIALIZATION', message: 'field ts' },
      taskId: '0_2',
      truncated: null,
      keyBytes: -1,
      valueBytes: 12,
      replayCount: 0,
      replayedAtMs: null,
    })
  }

  list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterList> {
    this.asked.push(filter)
    if (this.failure !== null) return Promise.reject(this.failure)
    return Promise.resolve({ deadLetters: this.rows.slice(-limit), matched: this.rows.length })
  }

  get(): Promise<null> {
    return Promise.resolve(null)
  }

  replay(request: ReplayRequest): Promise<DeadLetterReplay> {
    this.asked.push(request)
    const refused = [{ deadLetter: this.rows[0]!, because: 'replayed' as const }]
    return Promise.resolve({ executed: request.execute, sent: this.rows.slice(1), refused })
  }
}
