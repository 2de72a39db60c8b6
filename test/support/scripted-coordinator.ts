import { RetriableError, UnknownTopicError } from '../../broker/errors.ts'
import type { Cluster } from '../../broker/kafka/cluster.ts'
import type { Lane } from '../../broker/kafka/lane.ts'
import type { Api } from '../../broker/kafka/wire/api.ts'
import type { JoinGroupAnswer, JoinGroupRequest } from '../../broker/kafka/wire/join-group.ts'
import type { ManualClock } from './manual-clock.ts'

/** An error code, no answer but a lost connection, no answer at all, or what is awaited. */
export type ScriptedAnswer = number | 'lost' | 'silence' | Promise<unknown> | object

export interface SeenCall {
  readonly api: string
  readonly request: Readonly<Record<string, unknown>>
  readonly lane: number
}

/**
 * A cluster whose one broker plays the coordinator of a group with one member.
 *
 * Unless scripted, it does as a coordinator does with a lone member: it asks for a member id,
 * raises the generation at each join, and gives the leader's assignment back. Time is manual: a
 * call that is not answered fails when its timeout is over, or when its lane is closed.
 */
export class ScriptedCoordinator implements Cluster {
  readonly transactionVersion = 2
  readonly calls: SeenCall[] = []
  readonly #clock: ManualClock
  readonly #scripts = new Map<string, ScriptedAnswer[]>()
  #lanes = 0
  #assignment: Buffer = Buffer.alloc(0)
  #memberCount = 0
  #generationId = 0
  /** How often it was asked who coordinates, after being told to forget. */
  lookups = 0
  isClosed = false

  constructor(clock: ManualClock) {
    this.#clock = clock
  }

  /** The next answers to requests of this name, in order. */
  script(apiName: string, ...answers: ScriptedAnswer[]): void {
    this.#scripts.set(apiName, [...(this.#scripts.get(apiName) ?? []), ...answers])
  }

  /** From now on the same answer to every request of this name. */
  scriptAll(apiName: string, answer: ScriptedAnswer): void {
    this.#scripts.set(apiName, Array<ScriptedAnswer>(10_000).fill(answer))
  }

  unscript(apiName: string): void {
    this.#scripts.delete(apiName)
  }

  requests(apiName: string): SeenCall[] {
    return this.calls.filter(({ api }) => api === apiName)
  }

  lane(): Lane {
    return this.#newLane(0)
  }

  privateLane(): Lane {
    return this.#newLane(++this.#lanes)
  }

  coordinator(): Promise<number> {
    return Promise.resolve(1)
  }

  forgetCoordinator(): void {
    this.lookups++
  }

  controller(): Promise<number> {
    return Promise.resolve(1)
  }

  leaders(): Promise<readonly number[]> {
    return Promise.reject(new UnknownTopicError('it leads nothing'))
  }

  forgetLeaders(): void {
    // It leads nothing.
  }

  pause(ms: number): Promise<void> {
    return this.#clock.sleep(ms)
  }

  #newLane(lane: number): Lane {
    const closing = new AbortController()
    const closed = new Promise<never>((_, reject) => {
      closing.signal.addEventListener('abort', () => reject(new RetriableError('closed')))
    })
    closed.catch(() => undefined)
    return {
      call: async <Request, Response>(
        api: Api<Request, Response>,
        request: Request,
        timeoutMs = 30_000,
      ) => {
        this.calls.push({ api: api.name, request: request as Record<string, unknown>, lane })
        const answer = await Promise.race([
          closed,
          this.#answer(api.name, request as Record<string, unknown>, timeoutMs),
        ])
        return answer as Response
      },
      close: () => {
        closing.abort()
        return Promise.resolve()
      },
    }
  }

  async #answer(
    apiName: string,
    request: Readonly<Record<string, unknown>>,
    timeoutMs: number,
  ): Promise<unknown> {
    const scripted = await this.#scripts.get(apiName)?.shift()
    if (scripted === 'lost') throw new RetriableError('connection lost')
    if (scripted === 'silence') {
      await this.#clock.sleep(timeoutMs)
      throw new RetriableError('no answer')
    }
    if (typeof scripted === 'object') return scripted
    const errorCode = typeof scripted === 'number' ? scripted : 0
    switch (apiName) {
      case 'JoinGroup':
        return this.#join(request as unknown as JoinGroupRequest, errorCode)
      case 'SyncGroup': {
        const given = request['assignments'] as ReadonlyMap<string, Buffer>
        if (errorCode === 0) this.#assignment = [...given.values()][0] ?? this.#assignment
        return { errorCode, assignment: this.#assignment }
      }
      case 'OffsetCommit':
        return (request['offsets'] as object[]).map((offset) => ({ ...offset, errorCode }))
      default:
        return { errorCode }
    }
  }

  #join(request: JoinGroupRequest, errorCode: number): JoinGroupAnswer {
    const isNewcomer = request.memberId === ''
    const memberId = isNewcomer ? `m${++this.#memberCount}` : request.memberId
    const answer = { generationId: -1, leaderId: '', memberId, members: [] }
    if (errorCode !== 0) return { ...answer, errorCode }
    if (isNewcomer && request.instanceId === null) return { ...answer, errorCode: 79 }
    const { instanceId, metadata } = request
    return {
      errorCode,
      generationId: ++this.#generationId,
      leaderId: memberId,
      memberId,
      members: [{ memberId, instanceId, metadata }],
    }
  }
}
