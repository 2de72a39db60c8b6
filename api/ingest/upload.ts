import { SchemaError } from '../../schemas/errors.ts'
import type { IngestPort, IngestRecord, InputPosition } from '../../state/query-port.ts'
import { ApiError } from '../errors.ts'
import type { EncodedLine, LineEncoder } from './line-encoder.ts'
import { overlong } from './ndjson-lines.ts'

export interface UploadLimits {
  readonly lineBytesMax: number
  readonly recordBytesMax: number
  readonly appendRecordsMax: number
  readonly appendBytesMax: number
  readonly lineErrorsMax: number
}

export interface UploadOptions {
  readonly ingest: IngestPort
  readonly encoder: LineEncoder
  readonly limits: UploadLimits
  /** Milliseconds since the epoch. */
  readonly clock: () => number
  /** Told of errors that say nothing about the line: they are the server's own. */
  readonly onUnforeseen: (error: unknown) => void
}

export interface LineError {
  readonly line: number
  readonly error: string
}

/**
 * The lines of one upload on their way into the log.
 *
 * U1. At most two batches are held: one being appended, one filling. A full one waits, and with it
 *     the reading of the body: that is the back-pressure.
 * U2. One append at a time, so records keep the order of their lines, and after one that failed
 *     nothing follows.
 * U3. `accepted` counts only what the log has acknowledged as durable.
 * U4. A line is accepted or an error of its own; it never stops the others.
 */
export class Upload {
  accepted = 0
  rejected = 0
  /** The first `lineErrorsMax`. */
  readonly errors: LineError[] = []
  private readonly ends = new Map<string, InputPosition>()
  private readonly options: UploadOptions
  private filling: IngestRecord[] = []
  private fillingBytes = 0
  private appending: Promise<void> | null = null
  private failure: ApiError | null = null

  constructor(options: UploadOptions) {
    this.options = options
  }

  /** Per partition written, the offset after its last accepted record. */
  get positions(): InputPosition[] {
    return [...this.ends.values()]
  }

  /** Takes a line; when `isFull` then says so, `makeRoom` must be awaited before the next. */
  take(line: Buffer | typeof overlong, lineNumber: number): void {
    try {
      const encoded = this.encode(line)
      this.filling.push({ ...encoded, timestampMs: this.options.clock() })
      this.fillingBytes += encoded.value.length
    } catch (error) {
      this.rejected += 1
      if (this.errors.length < this.options.limits.lineErrorsMax) {
        this.errors.push({ line: lineNumber, error: this.messageOf(error) })
      }
    }
  }

  get isFull(): boolean {
    return (
      this.filling.length >= this.options.limits.appendRecordsMax ||
      this.fillingBytes >= this.options.limits.appendBytesMax
    )
  }

  /** @throws {ApiError} INGEST_FAILED */
  async makeRoom(): Promise<void> {
    await this.appending
    this.startAppend()
  }

  /**
   * Appends what has gathered unless an append is under way: a batch grows while the log is busy
   * and does not wait when it is not.
   * @throws {ApiError} INGEST_FAILED
   */
  startAppend(): void {
    if (this.failure !== null) throw this.failure
    if (this.appending !== null || this.filling.length === 0) return
    const records = this.filling
    this.filling = []
    this.fillingBytes = 0
    this.appending = this.append(records).then(() => {
      this.appending = null
    })
  }

  /**
   * Resolves when all taken lines are durable.
   * @throws {ApiError} INGEST_FAILED
   */
  async finish(): Promise<void> {
    await this.appending
    this.startAppend()
    await this.appending
    if (this.failure !== null) throw this.failure
  }

  private async append(records: readonly IngestRecord[]): Promise<void> {
    try {
      const ends = await this.options.ingest.append(this.options.encoder.topic, records)
      for (const end of ends) this.ends.set(`${end.topic}:${end.partition}`, end)
      this.accepted += records.length
    } catch (error) {
      this.failure = new ApiError('INGEST_FAILED', failureMessage(this.accepted), { cause: error })
    }
  }

  /** Only errors that speak of the line are told; any other is ours, and the log has it. */
  private messageOf(error: unknown): string {
    if (error instanceof SchemaError || error instanceof LineRefusedError) return error.message
    this.options.onUnforeseen(error)
    return 'the server failed on this line; its log has the details'
  }

  private encode(line: Buffer | typeof overlong): EncodedLine {
    if (line === overlong)
      throw new LineRefusedError(`longer than ${this.options.limits.lineBytesMax} bytes`)
    const encoded = this.options.encoder.encode(line)
    if (encoded.value.length > this.options.limits.recordBytesMax) {
      throw new LineRefusedError(
        `larger than ${this.options.limits.recordBytesMax} bytes when encoded`,
      )
    }
    return encoded
  }
}

/** A line that no encoder was asked about. */
class LineRefusedError extends Error {
  override name = 'LineRefusedError'
}

function failureMessage(accepted: number): string {
  return (
    `the log did not take all records; ${accepted} are durable, those after them may or may not ` +
    'be: send the body again, repeated records change nothing'
  )
}
