import type { ByteString } from '../../bytes/byte-string.ts'
import type { Evidence } from './evidence.ts'
import type { HardFeatures } from './features.ts'

/** Those who agree in some fingerprint, of all that were looked at. */
export class AgreeingHolders {
  readonly #fingerprints: readonly Evidence[]
  /** By fingerprint. */
  readonly #agreeing: readonly Map<ByteString, HardFeatures>[]

  constructor(fingerprints: readonly Evidence[]) {
    this.#fingerprints = fingerprints
    this.#agreeing = fingerprints.map(() => new Map())
  }

  learn(rows: ReadonlyMap<ByteString, HardFeatures>): void {
    for (const [place, fingerprint] of this.#fingerprints.entries()) {
      for (const [attacker, row] of rows) {
        if (holds(row, fingerprint)) this.#agreeing[place]!.set(attacker, row)
      }
    }
  }

  /** A holder of a value for each fingerprint; undefined: none is known. */
  of(evidence: Evidence): (ByteString | undefined)[] {
    return this.#agreeing.map((rows) => firstWith(rows, evidence))
  }
}

function firstWith(
  rows: ReadonlyMap<ByteString, HardFeatures>,
  evidence: Evidence,
): ByteString | undefined {
  for (const [attacker, row] of rows) if (holds(row, evidence)) return attacker
  return undefined
}

function holds(
  { c2Endpoints, hassh, ja3, payloadHashes }: HardFeatures,
  { kind, value }: Evidence,
): boolean {
  switch (kind) {
    case 'j':
      return ja3 === value
    case 'h':
      return hassh === value
    case 'p':
      return payloadHashes.has(value)
    case 'c':
      return c2Endpoints.has(value)
  }
}
