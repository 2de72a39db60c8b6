import { RetriableError, UnknownTopicError } from '../../broker/errors.ts'
import type { Cluster } from '../../broker/kafka/cluster.ts'
import { errorCodes as code } from '../../broker/kafka/error-codes.ts'
import type { Lane } from '../../broker/kafka/lane.ts'
import type { AddOffsetsToTxnRequest } from '../../broker/kafka/wire/add-offsets-to-txn.ts'
import type { AddPartitionsToTxnRequest } from '../../broker/kafka/wire/add-partitions-to-txn.ts'
import type { Api } from '../../broker/kafka/wire/api.ts'
import type { EndTxnRequest } from '../../broker/kafka/wire/end-txn.ts'
import type { InitProducerIdRequest } from '../../broker/kafka/wire/init-producer-id.ts'
import type { ProduceAnswer, ProduceRequest } from '../../broker/kafka/wire/produce.ts'
import type { TxnOffsetCommitRequest } from '../../broker/kafka/wire/txn-offset-commit.ts'
import type { TopicPartition } from '../../broker/port.ts'
import { PRODUCER_EPOCH_AT, PRODUCER_ID_AT } from '../../broker/record-batch/batch-header.ts'
import { ModelPartition } from './model-partition.ts'
import { ModelTransactions } from './model-transactions.ts'

export interface ModelCall {
  readonly node: number
  readonly api: string
  readonly version: number
  readonly request: unknown
}

/**
 * What befalls one call. `code` is answered and nothing is done; `lost` breaks the connection
 * before or after it is carried out, or leaves it lying in a broker that reads it `late`, a few
 * calls on; `leftOut` carries it out and answers without that partition.
 */
export interface Fault {
  readonly code?: number
  /** The code is for this partition alone; the others are carried out. */
  readonly partition?: number
  readonly lost?: 'before' | 'after' | 'late'
  readonly leftOut?: number
  /** Done before anything else: a leader moves. */
  readonly first?: () => void
}

/** Decides about each call; null: it is carried out. */
export type Script = (call: ModelCall) => Fault | null

interface GroupState {
  generationId: number
  readonly members: Set<string>
}

const PAUSE_MS_MAX = 2
const CALLS_LATE = 4

/**
 * Several brokers in this process, behind the seam of `Lane`: leaders that move, sequences,
 * epochs and transactions as in Kafka, and a script of faults on the way to them.
 *
 * Topic `t` has a partition for each leader given.
 */
export class ModelCluster implements Cluster {
  readonly transactionVersion: number
  readonly partitions: readonly ModelPartition[]
  readonly calls: ModelCall[] = []
  readonly committed = new Map<string, number>()
  readonly group: GroupState = { generationId: 1, members: new Set(['member']) }
  script: Script = () => null
  isClosed = false
  readonly #transactions: ModelTransactions
  readonly #late: { readonly atCall: number; readonly run: () => void }[] = []
  readonly #pendingOffsets = new Map<string, number>()
  #coordinatorNode = 1
  #knownLeaders: number[] | null = null
  #knownCoordinator: number | null = null

  constructor(leaders: readonly number[], transactionVersion = 2) {
    this.transactionVersion = transactionVersion
    this.partitions = leaders.map((leader) => new ModelPartition(leader))
    this.#transactions = new ModelTransactions(transactionVersion >= 2, (producerId, verdict) => {
      for (const partition of this.partitions) partition.end(producerId, verdict)
      if (verdict === 'commit') {
        for (const [key, offset] of this.#pendingOffsets) this.committed.set(key, offset)
      }
      this.#pendingOffsets.clear()
    })
  }

  /** The calls of one API so far. */
  callsOf(api: string): ModelCall[] {
    return this.calls.filter((call) => call.api === api)
  }

  /** Who holds the id now loses it to another process. */
  takeOver(transactionalId: string): void {
    this.#transactions.init({
      transactionalId,
      transactionTimeoutMs: 1,
      producerId: -1n,
      producerEpoch: -1,
    })
  }

  moveCoordinator(node: number): void {
    this.#coordinatorNode = node
  }

  lane(node: number): Lane {
    const answer = (call: ModelCall, fault: Fault): unknown => this.#answer(call, fault)
    const { calls } = this
    const late = this.#late
    const deliverLate = (): void => {
      while (late.length > 0 && late[0]!.atCall <= calls.length) late.shift()!.run()
    }
    const scripted: Script = (call) => this.script(call)
    return {
      async call<Request, Response>(api: Api<Request, Response>, request: Request) {
        const call = { node, api: api.name, version: api.version, request }
        calls.push(call)
        const fault = scripted(call) ?? {}
        fault.first?.()
        await new Promise(setImmediate)
        deliverLate()
        if (fault.lost === 'late') {
          late.push({ atCall: calls.length + CALLS_LATE, run: () => void answer(call, {}) })
          throw new RetriableError('connection lost')
        }
        if (fault.lost === 'before') throw new RetriableError('connection lost')
        const response = answer(call, fault)
        if (fault.lost === 'after') throw new RetriableError('connection lost')
        return response as Response
      },
      close: () => Promise.resolve(),
    }
  }

  privateLane(node: number): Lane {
    return this.lane(node)
  }

  leaders(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    this.#knownLeaders ??= this.partitions.map(({ leader }) => leader)
    const known = this.#knownLeaders
    const leaders = partitions.map(({ topic, partition }) =>
      topic === 't' ? known[partition] : undefined,
    )
    if (leaders.includes(undefined)) {
      return Promise.reject(new UnknownTopicError('no such topic or partition'))
    }
    return Promise.resolve(leaders.map((leader) => leader!))
  }

  forgetLeaders(): void {
    this.#knownLeaders = null
  }

  coordinator(): Promise<number> {
    this.#knownCoordinator ??= this.#coordinatorNode
    return Promise.resolve(this.#knownCoordinator)
  }

  forgetCoordinator(): void {
    this.#knownCoordinator = null
  }

  controller(): Promise<number> {
    return Promise.resolve(1)
  }

  async pause(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, Math.min(ms, PAUSE_MS_MAX)))
  }

  #answer(call: ModelCall, fault: Fault): unknown {
    switch (call.api) {
      case 'Produce':
        return this.#produce(call.node, call.request as ProduceRequest, fault)
      case 'AddPartitionsToTxn':
        return this.#addPartitions(call.request as AddPartitionsToTxnRequest, fault)
      case 'TxnOffsetCommit':
        return this.#commitOffsets(call, fault)
      default:
        if (fault.code !== undefined) return { errorCode: fault.code }
        if (this.#isMisdirected(call)) return { errorCode: code.NOT_COORDINATOR }
        return this.#coordinate(call)
    }
  }

  #isMisdirected({ node, request }: ModelCall): boolean {
    const { transactionalId } = request as { transactionalId: string | null }
    return transactionalId !== null && node !== this.#coordinatorNode
  }

  #coordinate({ api, request }: ModelCall): unknown {
    switch (api) {
      case 'InitProducerId':
        return this.#transactions.init(request as InitProducerIdRequest)
      case 'AddOffsetsToTxn': {
        const entering = request as AddOffsetsToTxnRequest
        return { errorCode: this.#transactions.enter(entering, 'offsets') }
      }
      case 'EndTxn':
        return this.#transactions.end(request as EndTxnRequest)
      default:
        throw new Error(`the model does not answer ${api}`)
    }
  }

  #produce(node: number, request: ProduceRequest, fault: Fault): readonly ProduceAnswer[] {
    return request.batches
      .map(({ topic, partition, bytes }) => {
        const { errorCode, baseOffset } = this.#append(node, request, partition, bytes, fault)
        return { topic, partition, errorCode, baseOffset, logAppendTimeMs: -1, errorMessage: null }
      })
      .filter(({ partition }) => partition !== fault.leftOut)
      .reverse()
  }

  #append(
    node: number,
    { transactionalId }: ProduceRequest,
    partition: number,
    bytes: Buffer,
    fault: Fault,
  ): { errorCode: number; baseOffset: number } {
    const isHit = fault.partition === undefined || fault.partition === partition
    if (fault.code !== undefined && isHit) return { errorCode: fault.code, baseOffset: -1 }
    const log = this.partitions[partition]!
    if (log.leader !== node) return { errorCode: code.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 }
    if (transactionalId !== null) {
      const producerId = bytes.readBigInt64BE(PRODUCER_ID_AT)
      const producerEpoch = bytes.readInt16BE(PRODUCER_EPOCH_AT)
      const producer = { transactionalId, producerId, producerEpoch }
      const errorCode = this.#transactions.write(producer, `t/${partition}`)
      if (errorCode !== code.NONE) return { errorCode, baseOffset: -1 }
    }
    return log.append(bytes)
  }

  #addPartitions(request: AddPartitionsToTxnRequest, fault: Fault): unknown {
    return request.partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      errorCode: fault.code ?? this.#transactions.enter(request, `t/${partition}`),
    }))
  }

  #commitOffsets(call: ModelCall, fault: Fault): unknown {
    const request = call.request as TxnOffsetCommitRequest
    const errorCode = fault.code ?? this.#offsetsCode(request)
    return request.offsets.map(({ topic, partition, offset }) => {
      if (errorCode === code.NONE) this.#pendingOffsets.set(`${topic}/${partition}`, offset)
      return { topic, partition, errorCode }
    })
  }

  #offsetsCode(request: TxnOffsetCommitRequest): number {
    const { group } = request
    if (!this.group.members.has(group.memberId)) return code.UNKNOWN_MEMBER_ID
    if (group.generationId !== this.group.generationId) return code.ILLEGAL_GENERATION
    return this.#transactions.write(request, 'offsets')
  }
}
