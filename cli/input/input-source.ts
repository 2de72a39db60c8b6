import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline, type Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { CommandFailure, exitCodes } from '../failure.ts'

const GZIP_MAGIC = [0x1f, 0x8b]

/** A file or standard input, inflated when it is gzip (its first bytes tell, not its name). */
export interface InputSource {
  /** Inflated bytes. */
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes read of the file itself. */
  readonly bytesRead: () => number
  /** Null: not known, as of a pipe. */
  readonly bytesTotal: number | null
}

/**
 * @param path `-` is standard input
 * @throws {CommandFailure} no such file, not a file
 */
export async function openInput(path: string, standardInput: Readable): Promise<InputSource> {
  const bytesTotal = path === '-' ? null : await sizeOf(path)
  let read = 0
  async function* counted(): AsyncGenerator<Buffer> {
    // Opened by its reader: an error before anyone listens would end the process.
    const stream = path === '-' ? standardInput : createReadStream(path)
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      read += chunk.length
      yield chunk
    }
  }
  return { chunks: inflated(counted(), path), bytesRead: () => read, bytesTotal }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const status = await stat(path)
    if (status.isDirectory()) {
      throw new CommandFailure(`${path} is a folder`, { exitCode: exitCodes.misused })
    }
    return status.isFile() ? status.size : null
  } catch (error) {
    if (error instanceof CommandFailure) throw error
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? String(error)})`
    throw new CommandFailure(`${path}: ${why}`, { cause: error, exitCode: exitCodes.misused })
  }
}

async function* inflated(source: AsyncGenerator<Buffer>, path: string): AsyncGenerator<Buffer> {
  let head = Buffer.alloc(0)
  // A pipe may hand over a single byte at first.
  while (head.length < GZIP_MAGIC.length) {
    const next = await source.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  async function* whole(): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head
    yield* source
  }
  if (!GZIP_MAGIC.every((byte, index) => head[index] === byte)) {
    yield* whole()
    return
  }
  // The error reaches the loop below, which reads the last stream of the pipeline.
  const gunzip = pipeline(whole(), createGunzip(), () => undefined)
  try {
    yield* gunzip as AsyncIterable<Buffer>
  } catch (error) {
    throw gzipFailure(error as NodeJS.ErrnoException, path)
  }
}

function gzipFailure(error: NodeJS.ErrnoException, path: string): Error {
  const name = path === '-' ? 'standard input' : path
  if (error.code === 'Z_BUF_ERROR') {
    return new CommandFailure(`${name}: the gzip data ends too early: the file was cut off`, {
      cause: error,
    })
  }
  if (error.code?.startsWith('Z_') === true) {
    return new CommandFailure(`${name}: the gzip data is damaged (${error.message})`, {
      cause: error,
    })
  }
  return error
}
