import { isUtf8 } from 'node:buffer'
import { avroType, nodeOf } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { jsonDepth } from './json-depth.ts'
import { type JsonShape, recordShape } from './json-shape.ts'
import { received } from './received.ts'
import type { ViewName, ViewTypes } from './record-types.ts'
import { currentSchema } from './schema-files.ts'
import { utf8Slice } from './utf8-slice.ts'
import { viewOf, type View } from './views.ts'

/** Lists and objects within each other, the record included. */
const DEPTH_MAX = 32

/** Text so short that parsing it costs nothing worth guarding, however deep it is. */
const DEPTH_UNCHECKED_BYTES = 4_096

/** Reads a view of records written as JSON, checked against the record's schema. */
export class JsonReader<K extends ViewName> {
  private readonly view: View
  private readonly shape: JsonShape

  constructor(name: K) {
    this.view = viewOf(name)
    const { schema } = currentSchema(this.view.record)
    this.shape = recordShape(nodeOf(avroType(schema)), this.view.fields)
  }

  /**
   * @returns the view; it shares no memory with the buffer
   * @throws {DeserializationError} start ≤ bytes < end is not JSON of the schema, is too long or
   *   too deep, or its content does not hold
   */
  read(buffer: Buffer, start: number, end: number): ViewTypes[K] {
    const { bytesMax, validate } = this.view
    if (end - start > bytesMax) {
      throw new DeserializationError('', `at most ${bytesMax} bytes`, `${end - start}`)
    }
    if (!isUtf8(buffer.subarray(start, end))) {
      throw new DeserializationError('', 'JSON in UTF-8', 'bytes that are not UTF-8')
    }
    if (end - start > DEPTH_UNCHECKED_BYTES && jsonDepth(buffer, start, end) > DEPTH_MAX) {
      throw new DeserializationError('', `at most ${DEPTH_MAX} levels`, 'more')
    }
    const record = this.shape(parse(utf8Slice(buffer, start, end)), '')
    validate(record as never)
    return record as ViewTypes[K]
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new DeserializationError('', 'JSON', received(text), error)
  }
}
