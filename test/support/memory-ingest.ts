import type { IngestPort, IngestRecord, InputPosition } from '../../state/query-port.ts'

/** An ingest port that keeps what is appended, and can be slow or fail like a log. */
export class MemoryIngest implements IngestPort {
  readonly topics = new Map<string, IngestRecord[]>()
  /** Appends asked for, whether or not they are durable yet. */
  appends: { topic: string; records: number; bytes: number }[] = []
  underWay = 0
  underWayMax = 0
  failure: Error | null = null
  private gate: Promise<void> = Promise.resolve()
  private openGate: () => void = () => undefined

  /** Appends wait until `release`. */
  hold(): void {
    this.gate = new Promise((resolve) => {
      this.openGate = resolve
    })
  }

  release(): void {
    this.openGate()
  }

  async append(topic: string, records: readonly IngestRecord[]): Promise<InputPosition[]> {
    const bytes = records.reduce((sum, { value }) => sum + value.length, 0)
    this.appends.push({ topic, records: records.length, bytes })
    this.underWay += 1
    this.underWayMax = Math.max(this.underWayMax, this.underWay)
    await this.gate
    this.underWay -= 1
    if (this.failure !== null) throw this.failure
    const log = this.topics.get(topic) ?? []
    log.push(...records)
    this.topics.set(topic, log)
    return [{ topic, partition: 0, offset: log.length }]
  }

  keys(topic: string): string[] {
    return (this.topics.get(topic) ?? []).map(({ key }) => key)
  }
}
