/** A value that is set once and may be looked at or waited for. */
export class Signal<T> {
  readonly promise: Promise<T>
  #value: T | undefined
  readonly #resolve: (value: T) => void

  constructor() {
    let resolvePromise!: (value: T) => void
    this.promise = new Promise<T>((resolve) => {
      resolvePromise = resolve
    })
    this.#resolve = resolvePromise
  }

  /** Undefined: not set yet. */
  get value(): T | undefined {
    return this.#value
  }

  /** Only the first one counts. */
  set(value: T): void {
    this.#value ??= value
    this.#resolve(value)
  }
}
