import { createGunzip, type Gunzip } from 'node:zlib'
import { ApiError } from '../errors.ts'

export interface GzipLimits {
  readonly gzipRatioMax: number
  readonly gzipFreeBytes: number
}

/**
 * Inflates a gzip body chunk by chunk, with bounded memory and bounded work.
 *
 * Z1. Everything before the point of damage is handed out before the error is thrown. (A pipeline
 *     would drop what it holds when zlib fails.) So zlib is told of the end of input only when all
 *     it had made was read.
 * Z2. A bomb ends at `gzipRatioMax` inflated bytes per byte, once past `gzipFreeBytes`. Deflate
 *     reaches 1,032; records as text stay below 50.
 */
export class GzipInflater {
  private readonly limits: GzipLimits
  private readonly gunzip: Gunzip = createGunzip({ chunkSize: 64 * 1024 })
  private failure: Error | null = null
  private ended = false
  private wake: (() => void) | null = null
  private bytesIn = 0
  private bytesOut = 0

  constructor(limits: GzipLimits) {
    this.limits = limits
    this.gunzip.on('readable', () => this.wake?.())
    this.gunzip.on('end', () => {
      this.ended = true
      this.wake?.()
    })
    this.gunzip.on('error', (error: NodeJS.ErrnoException) => {
      const truncated = error.code === 'Z_BUF_ERROR'
      this.failure = new ApiError(truncated ? 'TRUNCATED_BODY' : 'INVALID_GZIP', undefined, {
        cause: error,
      })
      this.wake?.()
    })
  }

  /**
   * What one chunk inflates to.
   * @throws {ApiError} INVALID_GZIP, COMPRESSION_RATIO
   */
  async *inflate(chunk: Buffer): AsyncGenerator<Buffer> {
    this.bytesIn += chunk.length
    let written = false
    this.gunzip.write(chunk, () => {
      written = true
      this.wake?.()
    })
    yield* this.output(() => written)
  }

  /**
   * The rest, when the body is complete.
   * @throws {ApiError} TRUNCATED_BODY: the trailer is missing
   */
  async *finish(): AsyncGenerator<Buffer> {
    // An empty body is no gzip file, but nothing was cut off it either.
    if (this.bytesIn === 0) return
    this.gunzip.end()
    yield* this.output(() => this.ended)
  }

  destroy(): void {
    this.gunzip.destroy()
  }

  private async *output(isDone: () => boolean): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.failure !== null) throw this.failure
      const chunk = this.gunzip.read() as Buffer | null
      if (chunk !== null) {
        this.count(chunk.length)
        yield chunk
      } else if (isDone()) {
        return
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve
        })
      }
    }
  }

  private count(bytes: number): void {
    this.bytesOut += bytes
    const { gzipRatioMax, gzipFreeBytes } = this.limits
    if (this.bytesOut > gzipFreeBytes && this.bytesOut > this.bytesIn * gzipRatioMax) {
      throw new ApiError('COMPRESSION_RATIO')
    }
  }
}
