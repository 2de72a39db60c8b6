/**
 * Buffers for work that ends soon, used again: to V8 a buffer is memory outside of its heap, and
 * after every 64 MiB of it that outlived its young objects it collects all of the heap, however
 * little of that is garbage. So what is copied out of a buffer is as large as it must be, and the
 * buffer comes back.
 *
 * P1. Sizes are powers of two. At most `bytesMax` rest here; what is given beyond that goes.
 * P2. Who gives a buffer has no view of it any more. One that is not given is collected as any other.
 */
export class BufferPool {
  readonly #bytesMax: number
  /** By the logarithm of their size. */
  readonly #resting: Buffer[][] = []
  #bytes = 0

  /** @param bytesMax of buffers that nobody uses */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  /** Memory taken by buffers that nobody uses. */
  get bytes(): number {
    return this.#bytes
  }

  /** @returns a buffer of at least so many bytes, of any content */
  take(bytes: number): Buffer {
    const log = 32 - Math.clz32(Math.max(1, bytes) - 1)
    const resting = this.#resting[log]?.pop()
    if (resting === undefined) return Buffer.allocUnsafeSlow(2 ** log)
    this.#bytes -= resting.length
    return resting
  }

  /** @param buffer that {@link take} gave, whole */
  give(buffer: Buffer): void {
    if (this.#bytes + buffer.length > this.#bytesMax) return
    this.#bytes += buffer.length
    const log = 31 - Math.clz32(buffer.length)
    const resting = (this.#resting[log] ??= [])
    resting.push(buffer)
  }
}

/** Of this process: for batches under construction, and for what a checkpoint writes. */
export const sharedBuffers = new BufferPool(16 * 1024 * 1024)
