/** A call and its key; `*`: any key. */
export type Fault = readonly [call: string, key: string]

/** Lets calls fail as told. */
export class ToldFaults {
  /** Calls that failed. */
  failed = 0
  readonly #faults: readonly Fault[]

  constructor(faults: readonly Fault[] = []) {
    this.#faults = faults
  }

  mayFail(call: string, key = ''): void {
    const isMeant = ([fault, faultKey]: Fault): boolean =>
      fault === call && (faultKey === '*' || faultKey === key)
    if (!this.#faults.some(isMeant)) return
    this.failed++
    throw new Error(`${call} ${key} fails as told`)
  }
}

/** Gives ids in the order told. */
export class ToldIds {
  readonly #ids: string[]

  constructor(ids: readonly string[] = []) {
    this.#ids = [...ids]
  }

  next(): string {
    const id = this.#ids.shift()
    if (id === undefined) throw new RangeError('more was formed than foreseen')
    return id
  }
}
