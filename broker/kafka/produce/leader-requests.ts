import { RetriableError } from '../../errors.ts'
import type { TopicPartition } from '../../port.ts'
import type { Cluster } from '../cluster.ts'
import type { Api } from '../wire/api.ts'
import type { ProduceAnswer, ProduceRequest } from '../wire/produce.ts'

/** A request closes when it holds this much; a broker works at one request per connection. */
const REQUEST_BYTES_TARGET = 4 * 1024 * 1024
/** How long a leader waits for its replicas, and what the way there and back may add. */
const REPLICATION_TIMEOUT_MS = 10_000
const TRANSIT_MS = 5_000

export interface SealedBatch extends TopicPartition {
  readonly bytes: Buffer
}

interface Waiting {
  readonly batch: SealedBatch
  readonly resolve: (answer: ProduceAnswer) => void
  readonly reject: (error: unknown) => void
}

/**
 * Puts the batches that are ready for one leader into as few Produce requests as may be.
 *
 * L1. Answers are matched by topic and partition; a batch that the answer leaves out counts as
 *     unanswered, never as acknowledged (K1).
 * L2. The caller has one batch a partition under way at most, so no request holds two.
 */
export class LeaderRequests {
  readonly #cluster: Cluster
  readonly #api: Api<ProduceRequest, readonly ProduceAnswer[]>
  readonly #transactionalId: string | null
  readonly #waiting = new Map<number, Waiting[]>()

  constructor(
    cluster: Cluster,
    api: Api<ProduceRequest, readonly ProduceAnswer[]>,
    transactionalId: string | null,
  ) {
    this.#cluster = cluster
    this.#api = api
    this.#transactionalId = transactionalId
  }

  /**
   * @throws {RetriableError} no answer: the batch may or may not have been appended
   * @throws {FatalBrokerError} as {@link Lane.call}
   */
  produce(leader: number, batch: SealedBatch): Promise<ProduceAnswer> {
    return new Promise((resolve, reject) => {
      const waiting = { batch, resolve, reject }
      const known = this.#waiting.get(leader)
      if (known !== undefined) {
        known.push(waiting)
        return
      }
      this.#waiting.set(leader, [waiting])
      // What else becomes ready in this turn of the loop goes along.
      setImmediate(() => this.#flush(leader))
    })
  }

  #flush(leader: number): void {
    const waiting = this.#waiting.get(leader)!
    this.#waiting.delete(leader)
    let request: Waiting[] = []
    let bytes = 0
    for (const each of waiting) {
      if (request.length > 0 && bytes + each.batch.bytes.length > REQUEST_BYTES_TARGET) {
        void this.#request(leader, request)
        request = []
        bytes = 0
      }
      request.push(each)
      bytes += each.batch.bytes.length
    }
    void this.#request(leader, request)
  }

  async #request(leader: number, waiting: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.#cluster.lane(leader, 'produce').call(
        this.#api,
        {
          transactionalId: this.#transactionalId,
          timeoutMs: REPLICATION_TIMEOUT_MS,
          batches: waiting.map(({ batch }) => batch),
        },
        REPLICATION_TIMEOUT_MS + TRANSIT_MS,
      )
      for (const { batch, resolve, reject } of waiting) {
        const answer = answers.find(
          ({ topic, partition }) => topic === batch.topic && partition === batch.partition,
        )
        if (answer !== undefined) resolve(answer)
        else reject(new RetriableError(`no acknowledgement for ${batch.topic}-${batch.partition}`))
      }
    } catch (error) {
      for (const { reject } of waiting) reject(error)
    }
  }
}
