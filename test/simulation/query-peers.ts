import { decodeRows, decodeValue, encodeRows, encodeValue } from '../../api/peer/peer-frames.ts'
import type { Clock } from '../../broker/clock.ts'
import { PeerUnavailableError, TaskNotHereError } from '../../state/errors.ts'
import type {
  PeerClient,
  PeerGet,
  PeerRows,
  PeerScan,
  PeerService,
  PeerValue,
} from '../../state/peer-port.ts'

/** Who answers at an endpoint; null: nobody, and not even a refusal comes. */
export type PeerLookup = (endpoint: string) => PeerService | null

/**
 * The network between simulated instances: frames as over HTTP, on simulated time, with answers
 * that are late, damaged, or never come.
 */
export class SimulatedPeers implements PeerClient {
  asked = 0
  readonly #clock: Clock
  readonly #random: () => number
  readonly #lookup: PeerLookup

  constructor(clock: Clock, random: () => number, lookup: PeerLookup) {
    this.#clock = clock
    this.#random = random
    this.#lookup = lookup
  }

  get(endpoint: string, request: PeerGet, timeoutMs: number): Promise<PeerValue> {
    return this.#call(
      endpoint,
      timeoutMs,
      async (service) => encodeValue(await service.get(request)),
      (frame) => decodeValue(frame, request.taskId),
    )
  }

  scan(endpoint: string, request: PeerScan, timeoutMs: number): Promise<PeerRows> {
    return this.#call(
      endpoint,
      timeoutMs,
      async (service) => encodeRows(await service.scan(request)),
      (frame) => decodeRows(frame, request),
    )
  }

  async #call<T>(
    endpoint: string,
    timeoutMs: number,
    ask: (service: PeerService) => Promise<Buffer>,
    decode: (frame: Buffer) => T,
  ): Promise<T> {
    this.asked++
    const late = this.#clock.sleep(timeoutMs).then(() => null)
    const frame = await Promise.race([late, this.#exchange(endpoint, ask)])
    if (frame === null) throw new PeerUnavailableError(`${endpoint}: no answer in time`)
    try {
      return decode(frame)
    } catch (error) {
      throw new PeerUnavailableError(`${endpoint}: no answer`, { cause: error })
    }
  }

  async #exchange(endpoint: string, ask: (service: PeerService) => Promise<Buffer>) {
    const random = this.#random
    await this.#clock.sleep(Math.floor(random() * 30))
    const service = this.#lookup(endpoint)
    if (service === null) return await new Promise<never>(() => undefined)
    try {
      const frame = await ask(service)
      await this.#clock.sleep(random() < 0.02 ? 5_000 : Math.floor(random() * 30))
      return random() < 0.03 ? frame.subarray(0, Math.floor(random() * frame.length)) : frame
    } catch (error) {
      if (error instanceof TaskNotHereError) throw error
      throw new PeerUnavailableError(`${endpoint}: ${String(error)}`, { cause: error })
    }
  }
}
