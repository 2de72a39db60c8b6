/** Runs the tasks of one key one after another, in the order given; those of others meanwhile. */
export class SerialTasks {
  readonly #last = new Map<string, Promise<unknown>>()

  /** Settles as `task` does; a failed one does not hold up the next. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const result = before === undefined ? task() : before.then(task)
    const settled = result
      .catch(() => undefined)
      .then(() => {
        if (this.#last.get(key) === settled) this.#last.delete(key)
      })
    this.#last.set(key, settled)
    return result
  }

  /** Resolves when nothing runs that was given before. */
  async idle(): Promise<void> {
    await Promise.all(this.#last.values())
  }
}
