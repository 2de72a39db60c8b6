import { FatalBrokerError, RetriableError, UnknownTopicError } from '../../broker/errors.ts'
import type { Cluster } from '../../broker/kafka/cluster.ts'
import type { Lane } from '../../broker/kafka/lane.ts'
import type { Api } from '../../broker/kafka/wire/api.ts'
import type {
  FetchAnswer,
  FetchRequest,
  FetchedPartition,
  PartitionToFetch,
} from '../../broker/kafka/wire/fetch.ts'
import { EARLIEST, type ListOffsetsRequest } from '../../broker/kafka/wire/list-offsets.ts'
import type { TopicPartition } from '../../broker/port.ts'
import { setBaseOffset } from '../../broker/record-batch/batch-header.ts'
import { valuesBatch } from './broker-records.ts'

const producer = { producerId: -1n, producerEpoch: -1, baseSequence: -1, isTransactional: false }
const PAUSE_MS_MAX = 2
/** Waits below it end in time. */
const LONG_POLL_MS = 100

interface ModelLog {
  leader: number
  batches: { baseOffset: number; lastOffset: number; bytes: Buffer }[]
  logStart: number
  end: number
}

/** What befalls a fetch: the connection breaks, or a partition is answered with a code. */
export type FetchFault = 'lost' | { readonly partition: number; readonly code: number }

/**
 * Brokers in this process that hold logs of topic `t`, behind the seam of `Lane`, with a script of
 * faults. As brokers do, they answer one request of a lane after the other. A long poll that finds
 * nothing is held until there is something, however long: who waits for it by mistake hangs.
 */
export class ModelLogCluster implements Cluster {
  readonly transactionVersion = 2
  isClosed = false
  script: (request: FetchRequest, node: number) => FetchFault | null = () => null
  readonly fetches: FetchRequest[] = []
  /** Fetches that are not answered yet. */
  waiting = 0
  readonly #logs = new Map<number, ModelLog>()
  readonly #known = new Map<number, number>()
  readonly #lanes: Lane[] = []
  readonly #onAppend = new Set<() => void>()

  constructor(leaders: readonly number[]) {
    for (const [partition, leader] of leaders.entries()) {
      this.#logs.set(partition, { leader, batches: [], logStart: 0, end: 0 })
    }
  }

  /** Appends a batch of these values; @returns its bytes in the log, which may be damaged */
  append(partition: number, ...values: string[]): Buffer {
    const log = this.#log(partition)
    const bytes = valuesBatch(...values).finish(producer)
    setBaseOffset(bytes, log.end)
    const lastOffset = log.end + values.length - 1
    log.batches.push({ baseOffset: log.end, lastOffset, bytes })
    log.end = lastOffset + 1
    for (const tell of [...this.#onAppend]) tell()
    return bytes
  }

  trim(partition: number, logStart: number): void {
    const log = this.#log(partition)
    log.logStart = logStart
    log.batches = log.batches.filter(({ lastOffset }) => lastOffset >= logStart)
  }

  move(partition: number, leader: number): void {
    this.#log(partition).leader = leader
  }

  remove(partition: number): void {
    this.#logs.delete(partition)
    this.#known.delete(partition)
  }

  create(partition: number, leader: number): void {
    this.#logs.set(partition, { leader, batches: [], logStart: 0, end: 0 })
  }

  lane(node: number): Lane {
    let last: Promise<unknown> = Promise.resolve()
    return (this.#lanes[node] ??= {
      call: async <Request, Response>(api: Api<Request, Response>, request: Request) => {
        const answer = last.then(() => this.#answer(api.name, request, node))
        last = answer.catch(() => undefined)
        return (await answer) as Response
      },
      close: () => Promise.resolve(),
    })
  }

  privateLane(node: number): Lane {
    return {
      call: async <Request, Response>(api: Api<Request, Response>, request: Request) =>
        (await this.#answer(api.name, request, node)) as Response,
      close: () => Promise.resolve(),
    }
  }

  async leaders(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    await new Promise(setImmediate)
    if (this.isClosed) throw new FatalBrokerError('the broker is closed')
    return partitions.map(({ topic, partition }) => {
      const known = this.#known.get(partition)
      if (known !== undefined) return known
      const log = this.#logs.get(partition)
      if (log === undefined) throw new UnknownTopicError(`topic ${topic} does not exist`)
      if (log.leader < 0) throw new RetriableError(`${topic}-${partition} has no leader`)
      this.#known.set(partition, log.leader)
      return log.leader
    })
  }

  forgetLeaders(): void {
    this.#known.clear()
  }

  coordinator(): Promise<number> {
    return Promise.resolve(1)
  }

  forgetCoordinator(): void {}

  controller(): Promise<number> {
    return Promise.resolve(1)
  }

  pause(ms: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, Math.min(ms, PAUSE_MS_MAX)))
  }

  async #answer(name: string, request: unknown, node: number): Promise<unknown> {
    await new Promise(setImmediate)
    if (name === 'Fetch') return await this.#fetch(request as FetchRequest, node)
    const { partitions, timestampMs } = request as ListOffsetsRequest
    return partitions.map(({ topic, partition }) => {
      const { logStart, end } = this.#log(partition)
      return { topic, partition, code: 0, offset: timestampMs === EARLIEST ? logStart : end }
    })
  }

  async #fetch(request: FetchRequest, node: number): Promise<FetchAnswer> {
    this.fetches.push(request)
    const fault = this.script(request, node)
    if (fault === 'lost') throw new RetriableError('connection lost')
    const read = (): FetchedPartition[] =>
      request.partitions.map((at) => {
        const code = fault?.partition === at.partition ? fault.code : 0
        return this.#read(at, node, code)
      })
    this.waiting++
    try {
      let partitions = read()
      const hasNews = (): boolean =>
        partitions.some(({ code, records }) => code !== 0 || records.length > 0)
      while (request.maxWaitMs >= LONG_POLL_MS && !hasNews()) {
        await this.#appended()
        partitions = read()
      }
      if (request.maxWaitMs > 0 && !hasNews()) {
        await this.pause(request.maxWaitMs)
        partitions = read()
      }
      return { code: 0, partitions }
    } finally {
      this.waiting--
    }
  }

  #appended(): Promise<void> {
    return new Promise((resolve) => {
      const tell = (): void => {
        this.#onAppend.delete(tell)
        resolve()
      }
      this.#onAppend.add(tell)
    })
  }

  #read(at: PartitionToFetch, node: number, fault: number): FetchedPartition {
    const { topic, partition, fetchOffset, partitionBytesMax } = at
    const log = this.#logs.get(partition)
    const code = fault !== 0 ? fault : this.#codeOf(log, node, fetchOffset)
    if (code !== 0 || log === undefined) return { topic, partition, code, ...nothing }
    const pieces: Buffer[] = []
    let bytes = 0
    for (const batch of log.batches) {
      if (batch.lastOffset < fetchOffset) continue
      bytes += batch.bytes.length
      if (bytes > partitionBytesMax && pieces.length > 0) break
      pieces.push(batch.bytes)
    }
    return {
      topic,
      partition,
      code,
      highWatermark: log.end,
      lastStableOffset: log.end,
      logStartOffset: log.logStart,
      aborted: [],
      records: Buffer.concat(pieces),
    }
  }

  #codeOf(log: ModelLog | undefined, node: number, offset: number): number {
    if (log === undefined) return 3
    if (log.leader !== node) return 6
    return offset < log.logStart || offset > log.end ? 1 : 0
  }

  #log(partition: number): ModelLog {
    const log = this.#logs.get(partition)
    if (log === undefined) throw new Error(`no partition ${partition}`)
    return log
  }
}

const nothing = {
  highWatermark: -1,
  lastStableOffset: -1,
  logStartOffset: -1,
  aborted: [],
  records: Buffer.alloc(0),
}
