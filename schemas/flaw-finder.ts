import type { TypeNode } from './avro-types.ts'
import { isWellFormed } from './well-formed.ts'

/**
 * Finds in a record what neither format can carry though its type fits: NaN and infinities (JSON
 * prints null, Avro passes them on) and unpaired surrogates (they have no UTF-8).
 */
export class FlawFinder {
  private readonly doubles: readonly string[]
  private readonly texts: readonly string[]
  private readonly others: readonly string[]

  /** @param record its type; the fields are sorted by kind once, since records are many */
  constructor(record: TypeNode) {
    const ofType = (...typeNames: string[]): string[] =>
      record.fields.filter((f) => typeNames.includes(f.type.typeName)).map((f) => f.name)
    this.doubles = ofType('double')
    this.texts = ofType('string')
    this.others = ofType('array', 'record', 'union:unwrapped')
  }

  /** @returns the first flaw, as `ts is NaN`; undefined: none */
  find(record: object): string | undefined {
    const values = record as Readonly<Record<string, unknown>>
    for (const name of this.doubles) {
      if (!Number.isFinite(values[name])) return `${name} is ${String(values[name])}`
    }
    for (const name of this.texts) {
      const text = values[name]
      if (typeof text !== 'string') return `${name} is not text`
      if (!isWellFormed(text)) return `${name} has an unpaired surrogate`
    }
    for (const name of this.others) {
      const flaw = flawIn(values[name])
      if (flaw !== undefined) return `${name}${flaw}`
    }
    return undefined
  }
}

function flawIn(value: unknown): string | undefined {
  switch (typeof value) {
    case 'number':
      return Number.isFinite(value) ? undefined : ` is ${value}`
    case 'string':
      return isWellFormed(value) ? undefined : ' has an unpaired surrogate'
    case 'object':
      return value === null || value instanceof Uint8Array ? undefined : flawInside(value)
    default:
      return undefined
  }
}

function flawInside(container: object): string | undefined {
  for (const [key, value] of Object.entries(container)) {
    const flaw = flawIn(value)
    if (flaw !== undefined) return Array.isArray(container) ? `[${key}]${flaw}` : `.${key}${flaw}`
  }
  return undefined
}
