import { partitionForText } from '../../bytes/murmur2.ts'
import type { Processor, ProcessorContext } from '../processor.ts'
import type { Record } from '../record.ts'
import { checkSensorClock } from './sensor-clock.ts'
import { ObservationInput, type ResolveInput } from './resolve-input.ts'

/**
 * Sends inputs that lie in another partition than their attacker's through a repartition topic:
 * foreign producers partition in their own ways, or send no key.
 *
 * Sensors' clocks are judged here, against the append time of the record as it came in.
 */
export class PlaceProcessor implements Processor<ResolveInput, ResolveInput> {
  readonly #next: string
  readonly #rekey: string
  readonly #maxFutureSkewMs: number

  /** @param next child for what lies right @param rekey child for what does not */
  constructor(next: string, rekey: string, maxFutureSkewMs: number) {
    this.#next = next
    this.#rekey = rekey
    this.#maxFutureSkewMs = maxFutureSkewMs
  }

  /** @throws {FutureTimestampError} the sensor's clock runs ahead */
  process(record: Record<ResolveInput>, context: ProcessorContext<ResolveInput>): void {
    const input = record.value
    const appendTimeMs = context.metadata?.appendTimeMs ?? context.wallClockMs
    if (input.type === 'observation') {
      checkSensorClock(input.ts, appendTimeMs, this.#maxFutureSkewMs)
    }
    const { partition, partitionCount } = context
    if (partitionForText(input.attackerUuid, partitionCount) === partition) {
      context.forward(record, this.#next)
      return
    }
    context.count('misplaced')
    const value = input.type === 'observation' ? withAppendTime(input, appendTimeMs) : input
    context.forward(
      { key: input.attackerUuid, value, timestampMs: record.timestampMs },
      this.#rekey,
    )
  }
}

function withAppendTime(input: ObservationInput, appendTimeMs: number): ObservationInput {
  const { attackerUuid, confidence, primitive, ref, ts, value } = input
  const view = { attacker_uuid: attackerUuid, primitive, ts, value, confidence }
  return new ObservationInput(view, ref, appendTimeMs)
}
