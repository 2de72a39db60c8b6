/**
 * How a setting's value is read, checked and shown.
 *
 * The environment and flags bring text, a YAML or JSON file also numbers, booleans and lists; every
 * kind takes both, so that a value means the same wherever it stands.
 */
export interface ValueKind<T> {
  /** For people: what is accepted. */
  readonly expected: string
  /** @returns undefined: not acceptable */
  parse(raw: unknown): T | undefined
  show(value: T): string
}

function asText(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw.trim()
  return typeof raw === 'number' || typeof raw === 'boolean' ? String(raw) : undefined
}

function asList(raw: unknown): string[] | undefined {
  const parts: unknown[] = Array.isArray(raw) ? raw : (asText(raw)?.split(',') ?? [undefined])
  const texts = parts.map(asText)
  if (texts.some((text) => text === undefined)) return undefined
  return (texts as string[]).filter((text) => text !== '')
}

export function text(expected: string, accepted: RegExp): ValueKind<string> {
  return {
    expected,
    parse: (raw) => {
      const value = asText(raw)
      return value !== undefined && accepted.test(value) ? value : undefined
    },
    show: (value) => value,
  }
}

/** Whole numbers; `min` and `max` inclusive. */
export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): ValueKind<number> {
  const range = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`
  return {
    expected: `a whole number, ${range}`,
    parse: (raw) => {
      const digits = asText(raw)
      if (digits === undefined || !/^-?\d{1,16}$/.test(digits)) return undefined
      const value = Number(digits)
      return value >= min && value <= max ? value : undefined
    },
    show: String,
  }
}

export function choice<const T extends string>(...choices: readonly T[]): ValueKind<T> {
  return {
    expected: choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`,
    parse: (raw) => choices.find((each) => each === asText(raw)),
    show: (value) => value,
  }
}

/** A setting that may be absent. */
export function optional<T>(kind: ValueKind<T>): ValueKind<T | null> {
  return {
    expected: kind.expected,
    parse: (raw) => kind.parse(raw),
    show: (value) => (value === null ? '' : kind.show(value)),
  }
}

/** SHA-256 digests of tokens, lower-case hexadecimal, separated by commas. */
export const tokenDigests: ValueKind<readonly string[]> = {
  expected: 'SHA-256 digests (64 hexadecimal digits each), separated by commas',
  parse: (raw) => {
    const digests = asList(raw)?.map((digest) => digest.toLowerCase())
    return digests?.every((digest) => /^[0-9a-f]{64}$/.test(digest)) ? digests : undefined
  },
  show: (digests) => digests.join(','),
}

/** Topics by name, or by a pattern that whole names must match. */
export type TopicSelection = readonly string[] | { readonly pattern: string }

const topicName = /^[A-Za-z0-9._-]{1,249}$/

export const topics: ValueKind<TopicSelection> = {
  expected: 'topic names separated by commas, or one /pattern/',
  parse: (raw) => {
    const pattern = /^\/(.+)\/$/.exec(asText(raw) ?? '')?.[1]
    if (pattern !== undefined) return { pattern }
    const names = asList(raw)
    if (names === undefined || names.length === 0) return undefined
    return names.every((name) => topicName.test(name)) ? names : undefined
  },
  show: (selection) => ('pattern' in selection ? `/${selection.pattern}/` : selection.join(',')),
}
