import { isDeepStrictEqual } from 'node:util'

/** What a judge finds, in words. */
export class Findings {
  readonly list: string[] = []

  add(finding: string): void {
    this.list.push(finding)
  }

  /** @param what stands before the key of each row that differs */
  compare(
    what: string,
    expected: ReadonlyMap<string, unknown>,
    actual: ReadonlyMap<string, unknown>,
  ): void {
    for (const key of new Set([...expected.keys(), ...actual.keys()])) {
      const [wanted, got] = [expected.get(key), actual.get(key)]
      if (isDeepStrictEqual(got, wanted)) continue
      this.add(`${what} ${key}: expected ${shown(wanted)}, found ${shown(got)}`)
    }
  }
}

function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = JSON.stringify(value, (_key, inner: unknown) =>
    inner instanceof Set || inner instanceof Map ? [...(inner as Set<unknown>)] : inner,
  )
  return text.slice(0, 600)
}
