import { setTimeout as sleep } from 'node:timers/promises'
import { CommandFailure } from '../failure.ts'
import { refusal, type Answer, type InstanceClient } from '../http/instance-client.ts'
import type { LineBatch } from './line-batches.ts'

export interface LineError {
  readonly line: number
  readonly error: string
}

interface UploadAnswer {
  readonly accepted: number
  readonly rejected: number
  readonly errors: readonly LineError[]
}

const ERRORS_KEPT_MAX = 1000
const ATTEMPTS = 6
const FIRST_PAUSE_MS = 500

/**
 * Sends batches of lines to a running instance, one at a time.
 *
 * R1. The next batch is sent when the log has the last one durably: a source is read no faster
 *     than the instance takes it, records keep the order of their lines, and what is counted as
 *     accepted survives any crash.
 * R2. A batch the instance could not take (503, 429) is sent again as it was: repeated records
 *     change nothing.
 */
export class IngestRun {
  accepted = 0
  rejected = 0
  /** The first 1,000, by line of the whole input. */
  readonly errors: LineError[] = []
  readonly #client: InstanceClient
  readonly #path: string
  readonly #signal: AbortSignal

  constructor(client: InstanceClient, path: string, signal: AbortSignal) {
    this.#client = client
    this.#path = path
    this.#signal = signal
  }

  /** @throws {CommandFailure} the instance refuses, or does not come back: nothing more is sent */
  async send(batch: LineBatch): Promise<void> {
    const answer = await this.#post(batch.bytes)
    const upload = uploadOf(answer)
    if (upload === null) throw refusal(answer)
    this.accepted += upload.accepted
    this.rejected += upload.rejected
    for (const { line, error } of upload.errors) {
      if (this.errors.length >= ERRORS_KEPT_MAX) break
      this.errors.push({ line: line + batch.firstLine - 1, error })
    }
  }

  async #post(body: Buffer): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#client.call({
        method: 'POST',
        path: this.#path,
        contentType: 'application/x-ndjson',
        body,
        signal: this.#signal,
      })
      const passing = answer.status === 503 || answer.status === 429
      if (!passing || attempt === ATTEMPTS) return answer
      await sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1), undefined, { signal: this.#signal })
    }
  }
}

/** 200: some lines were accepted; 422: none was, and the counts say why. */
function uploadOf({ status, body }: Answer): UploadAnswer | null {
  if (status !== 200 && status !== 422) return null
  const { accepted, rejected, errors } = body as Partial<UploadAnswer>
  if (accepted === undefined || rejected === undefined || errors === undefined) {
    throw new CommandFailure('the instance gave an answer of another version to the upload')
  }
  return { accepted, rejected, errors }
}
