import type { Clock } from '../../broker/clock.ts'
import type { Broker, Transaction } from '../../broker/port.ts'
import type {
  DeadLetterReplay,
  DeadLetterSummary,
  ReplayObstacle,
  ReplayRequest,
} from '../../state/dead-letter-port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { deadLetterTopic } from '../internal-topics.ts'
import { inputTopics, repartitionTopics } from '../topology-topics.ts'
import { type DeadLetterScan, ReplayMarks, addressText, summaryOf } from './dead-letter-scan.ts'
import { ReplayBatch } from './replay-batch.ts'

export interface ReplayerOptions {
  readonly broker: Broker
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly clock: Clock
}

/**
 * Sends dead letters back to the partition that they came from.
 *
 * L1. Each transaction holds records sent back and the marker that names them: a dead letter is
 *     marked if and only if it was sent, whatever ends the program.
 * L2. One at a time: the transactional id fences a replay still under way elsewhere and aborts
 *     what it left open, before the markers are read. So two at once send nothing twice.
 * L3. Only to topics that the application reads, and never bytes that were cut.
 */
export class DeadLetterReplayer {
  readonly #options: ReplayerOptions
  readonly #scan: DeadLetterScan

  constructor(options: ReplayerOptions, scan: DeadLetterScan) {
    this.#options = options
    this.#scan = scan
  }

  /** @throws {UnknownOutcomeError} repeat it: what was sent is marked, and only the rest is sent */
  async replay(request: ReplayRequest): Promise<DeadLetterReplay> {
    if (!request.execute) return { ...(await this.#plan(request)), executed: false }
    const { applicationId, broker } = this.#options
    const transaction = broker.transaction(`${applicationId}-dlq-replay`)
    try {
      await transaction.init()
      const plan = await this.#plan(request)
      await this.#send(transaction, request, plan.sent)
      return { ...plan, executed: true }
    } finally {
      await transaction.close()
    }
  }

  async #plan({ again, filter }: ReplayRequest): Promise<Omit<DeadLetterReplay, 'executed'>> {
    const marks = new ReplayMarks()
    const found: DeadLetterSummary[] = []
    await this.#scan.forEach(filter, (match, raw) => {
      if (match === null) marks.add(raw)
      else found.push(summaryOf(match))
    })
    const targets = await this.#targets()
    const sent: DeadLetterSummary[] = []
    const refused: { deadLetter: DeadLetterSummary; because: ReplayObstacle }[] = []
    for (const each of found) {
      const deadLetter = marks.applyTo(each)
      const because = obstacle(deadLetter, targets, again)
      if (because === null) sent.push(deadLetter)
      else refused.push({ deadLetter, because })
    }
    return { sent, refused }
  }

  async #send(
    transaction: Transaction,
    { filter }: ReplayRequest,
    wanted: readonly DeadLetterSummary[],
  ): Promise<void> {
    const addresses = new Set(wanted.map(addressText))
    const topic = deadLetterTopic(this.#options.applicationId)
    let full: ReplayBatch[] = []
    let batch = new ReplayBatch(topic)
    const flush = async () => {
      for (const each of full) {
        await transaction.send(each.take(this.#options.clock.now()))
        await transaction.commit()
      }
      full = []
    }
    await this.#scan.forEach(
      filter,
      (match) => {
        if (match === null || !addresses.delete(addressText(match))) return
        batch.add(match)
        if (!batch.isFull) return
        full.push(batch)
        batch = new ReplayBatch(topic)
      },
      flush,
    )
    if (!batch.isEmpty) full.push(batch)
    await flush()
  }

  /** Partitions of the topics that the application reads; 0: it reads the topic, which is gone. */
  async #targets(): Promise<ReadonlyMap<string, number>> {
    const { applicationId, broker, topology } = this.#options
    const existing = await broker.describeTopics()
    const counts = new Map(existing.map(({ name, partitions }) => [name, partitions]))
    const read = [
      ...inputTopics(topology, [...counts.keys()]),
      ...repartitionTopics(applicationId, topology),
    ]
    return new Map(read.map((topic) => [topic, counts.get(topic) ?? 0]))
  }
}

function obstacle(
  { replayedAtMs, source, truncated }: DeadLetterSummary,
  targets: ReadonlyMap<string, number>,
  again: boolean,
): ReplayObstacle | null {
  const partitions = targets.get(source.topic)
  if (partitions === undefined) return 'not-an-input'
  if (source.partition >= partitions) return 'topic-gone'
  if (truncated !== null) return 'truncated'
  return replayedAtMs !== null && !again ? 'replayed' : null
}
