import type { Readable } from 'node:stream'
import { GzipInflater, type GzipLimits } from './gzip-inflater.ts'
import { NdjsonLines } from './ndjson-lines.ts'
import { StreamReader } from './stream-reader.ts'
import type { Upload, UploadLimits } from './upload.ts'

export interface UploadBody {
  readonly stream: Readable
  readonly gzip: boolean
  /** Aborts when the server shuts down. */
  readonly closing: AbortSignal
}

export type UploadBodyLimits = UploadLimits & GzipLimits & { readonly bodyIdleTimeoutMs: number }

/**
 * Reads a body to its end and gives its lines to the upload, no faster than the log takes them.
 *
 * When it throws, complete lines that came before the failure were taken; a line cut off by it was
 * not, for it could be half of another.
 * @throws {ApiError} what ended the body early, or INGEST_FAILED
 */
export async function readLines(
  body: UploadBody,
  upload: Upload,
  limits: UploadBodyLimits,
): Promise<void> {
  const lines = new NdjsonLines(limits.lineBytesMax)
  for await (const chunk of chunks(body, limits)) {
    lines.feed(chunk)
    for (let line = lines.next(); line !== null; line = lines.next()) {
      upload.take(line, lines.lineNumber)
      if (upload.isFull) await upload.makeRoom()
    }
    upload.startAppend()
  }
  const last = lines.last()
  if (last !== null) upload.take(last, lines.lineNumber)
}

async function* chunks(body: UploadBody, limits: UploadBodyLimits): AsyncGenerator<Buffer> {
  const reader = new StreamReader(body.stream, limits.bodyIdleTimeoutMs, body.closing)
  const inflater = body.gzip ? new GzipInflater(limits) : null
  try {
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      if (inflater === null) yield chunk
      else yield* inflater.inflate(chunk)
    }
    if (inflater !== null) yield* inflater.finish()
  } finally {
    inflater?.destroy()
    reader.dispose()
  }
}
