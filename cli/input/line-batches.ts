import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailure } from '../failure.ts'

export interface LineBatch {
  /** Whole lines; only the last batch may lack its line feed. */
  readonly bytes: Buffer
  /** Number of its first line, from 1. */
  readonly firstLine: number
  readonly lines: number
}

export interface LineBatchLimits {
  /** A batch is closed at the first line end beyond this. */
  readonly batchBytes: number
  /** A line longer than this is no line of records. */
  readonly lineBytesMax: number
  /** A source that is quiet for so long gets its whole lines sent. */
  readonly quietMs: number
}

export const defaultBatchLimits: LineBatchLimits = {
  batchBytes: 1024 * 1024,
  lineBytesMax: 16 * 1024 * 1024,
  quietMs: 250,
}

const NEWLINE = 0x0a

/**
 * Cuts a stream of bytes into batches of whole lines.
 *
 * L1. Lines keep their order and are in exactly one batch.
 * L2. Memory is one batch, one chunk and one line; the source is read no faster than batches are
 *     taken.
 * L3. What a live source has written arrives although the source goes on (`quietMs`).
 */
export async function* lineBatches(
  chunks: AsyncIterable<Buffer>,
  limits: LineBatchLimits = defaultBatchLimits,
): AsyncGenerator<LineBatch> {
  const source = chunks[Symbol.asyncIterator]()
  const held = new HeldLines()
  try {
    let next = source.next()
    for (;;) {
      const result = held.hasWholeLine ? await before(next, limits.quietMs) : await next
      if (result === 'quiet') {
        yield held.takeWholeLines()
        continue
      }
      if (result.done === true) break
      held.add(result.value)
      if (held.bytes >= limits.batchBytes && held.hasWholeLine) yield held.takeWholeLines()
      if (held.bytes > limits.lineBytesMax && !held.hasWholeLine) {
        throw new CommandFailure(
          `line ${held.firstLine} is longer than ${limits.lineBytesMax} bytes: ` +
            'the input is not one JSON object a line',
        )
      }
      next = source.next()
    }
    if (held.bytes > 0) yield held.takeAll()
  } finally {
    await source.return?.()
  }
}

async function before<T>(promise: Promise<T>, ms: number): Promise<T | 'quiet'> {
  const cancelled = new AbortController()
  const timer = sleep(ms, 'quiet' as const, { signal: cancelled.signal })
  // Cancelling rejects it; nobody waits for it then.
  timer.catch(() => undefined)
  try {
    return await Promise.race([promise, timer])
  } finally {
    cancelled.abort()
  }
}

class HeldLines {
  firstLine = 1
  bytes = 0
  #chunks: Buffer[] = []
  /** Bytes up to and with the last line feed. */
  #wholeBytes = 0

  get hasWholeLine(): boolean {
    return this.#wholeBytes > 0
  }

  add(chunk: Buffer): void {
    const lastNewline = chunk.lastIndexOf(NEWLINE)
    if (lastNewline !== -1) this.#wholeBytes = this.bytes + lastNewline + 1
    this.#chunks.push(chunk)
    this.bytes += chunk.length
  }

  takeWholeLines(): LineBatch {
    return this.#take(this.#wholeBytes)
  }

  takeAll(): LineBatch {
    return this.#take(this.bytes)
  }

  #take(length: number): LineBatch {
    const joined = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks)
    const bytes = joined.subarray(0, length)
    const rest = joined.subarray(length)
    const lines = countLines(bytes)
    const batch = { bytes, firstLine: this.firstLine, lines }
    this.firstLine += lines
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.bytes = rest.length
    this.#wholeBytes = 0
    return batch
  }
}

function countLines(bytes: Buffer): number {
  let lines = bytes.at(-1) === NEWLINE ? 0 : 1
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) lines++
  return lines
}
