import { isUtf8 } from 'node:buffer'
import { avroType, nodeOf, viewOf } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { jsonDepth } from './json-depth.ts'
import { type JsonShape, recordShape } from './json-shape.ts'
import { received } from './received.ts'
import type { ViewName } from './record-types.ts'
import { currentSchema } from './schema-files.ts'
import { RECORD_BYTES_MAX } from './text-limits.ts'

/** Lists and objects within each other, the record included. */
const DEPTH_MAX = 32

/** Text so short that parsing it costs nothing worth guarding, however deep it is. */
const DEPTH_UNCHECKED_BYTES = 4_096

/** Reads a view of records written as JSON, checked against the record's schema. */
export class JsonReader {
  private readonly shape: JsonShape

  constructor(view: ViewName) {
    const { record, fields } = viewOf(view)
    this.shape = recordShape(nodeOf(avroType(currentSchema(record).schema)), fields)
  }

  /**
   * @returns the view's fields, content not yet validated
   * @throws {DeserializationError} start ≤ bytes < end is not JSON of the schema, or too deep
   */
  read(buffer: Buffer, start: number, end: number): unknown {
    if (end - start > RECORD_BYTES_MAX) {
      throw new DeserializationError('', `at most ${RECORD_BYTES_MAX} bytes`, `${end - start}`)
    }
    if (!isUtf8(buffer.subarray(start, end))) {
      throw new DeserializationError('', 'JSON in UTF-8', 'bytes that are not UTF-8')
    }
    if (end - start > DEPTH_UNCHECKED_BYTES && jsonDepth(buffer, start, end) > DEPTH_MAX) {
      throw new DeserializationError('', `at most ${DEPTH_MAX} levels`, 'more')
    }
    return this.shape(parse(buffer.toString('utf8', start, end)), '')
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DeserializationError('', 'JSON', received(text), error)
  }
}
