import type { Clock } from '../../broker/clock.ts'
import type { Broker } from '../../broker/port.ts'
import type {
  DeadLetterAddress,
  DeadLetterFilter,
  DeadLetterList,
  DeadLetterPort,
  DeadLetterRecord,
  DeadLetterReplay,
  DeadLetterSummary,
  ReplayRequest,
} from '../../state/dead-letter-port.ts'
import type { BuiltTopology } from '../../topology/nodes.ts'
import { deadLetterTopic } from '../internal-topics.ts'
import { DeadLetterReplayer } from './dead-letter-replayer.ts'
import { DeadLetterScan, ReplayMarks, summaryOf } from './dead-letter-scan.ts'

export interface DeadLetterLogOptions {
  readonly broker: Broker
  readonly applicationId: string
  readonly topology: BuiltTopology
  readonly clock: Clock
}

/** The dead letters of one application, on whichever broker it runs. */
export class DeadLetterLog implements DeadLetterPort {
  readonly #options: DeadLetterLogOptions
  readonly #scan: DeadLetterScan

  constructor(options: DeadLetterLogOptions) {
    this.#options = options
    this.#scan = new DeadLetterScan(options.broker, deadLetterTopic(options.applicationId))
  }

  async list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterList> {
    const marks = new ReplayMarks()
    let newest: DeadLetterSummary[] = []
    let matched = 0
    await this.#scan.forEach(filter, (match, raw) => {
      if (match === null) {
        marks.add(raw)
        return
      }
      matched++
      newest.push(summaryOf(match))
      // In bulk: taking one off the front for each that comes would move all the others.
      if (newest.length >= limit * 2) newest = newest.slice(-limit)
    })
    const deadLetters = limit === 0 ? [] : newest.slice(-limit).map((each) => marks.applyTo(each))
    return { deadLetters, matched }
  }

  async get(address: DeadLetterAddress): Promise<DeadLetterRecord | null> {
    const found = await this.#scan.at(address)
    if (found === null) return null
    const marks = new ReplayMarks()
    await this.#scan.forEach({ addresses: [] }, (_none, raw) => marks.add(raw))
    return marks.applyTo(found)
  }

  async replay(request: ReplayRequest): Promise<DeadLetterReplay> {
    return await new DeadLetterReplayer(this.#options, this.#scan).replay(request)
  }
}
