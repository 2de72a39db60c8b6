import type avro from 'avsc'
import { AvroCursor } from './avro-cursor.ts'
import { bytes, isText, primitive, type Step, symbol, text } from './avro-leaf.ts'
import { blocks, limitedLength, SkipCompiler } from './avro-skip.ts'
import { nodeOf, type TypeNode } from './avro-types.ts'
import { DeserializationError } from './errors.ts'
import { hasName, mismatch, nameOf, refuseMissing, SchemaMismatch } from './schema-mismatch.ts'
import { SharedTexts } from './shared-texts.ts'
import { textLimit, type TextLimit } from './text-limits.ts'

/**
 * Decodes records of one writer's schema as one reader's, by the rules of schema resolution of the
 * Avro specification; what the reader has not is passed over in the same walk.
 *
 * Why not avsc's decoder: it trusts its input. It reads past the end of the value into the next
 * record of the batch, loops as often as a hostile count says (2^50 items in ten bytes), and a
 * negative block size sends its skipping backwards for ever. Checking first and decoding then
 * walks twice: 0.74 µs for a view of an identity observation, against 0.59. Tests hold both to the
 * same answers.
 *
 * B1. Every length and count fits between here and the end of the value, and the value ends there.
 * B2. Items in all are no more than bytes in all, also where an item takes no bytes.
 * B3. Block sizes are true, indices of unions and enumerations exist, booleans are 0 or 1.
 * B4. Texts of the record's own fields keep their limits (text-limits.ts), also those skipped.
 * B5. Bytes of a text that are not UTF-8 read as U+FFFD; ids refuse that (validate-observation.ts).
 *
 * Source: Avro 1.11 specification, "Binary Encoding" and "Schema Resolution".
 */
export class AvroDecoder {
  private readonly cursor = new AvroCursor()
  private readonly step: Step

  /** @throws {SchemaMismatch} no record of the writer's can be read as the reader's */
  constructor(writer: avro.Type, reader: avro.Type) {
    this.step = new DecoderCompiler().record(nodeOf(writer), nodeOf(reader), true)
  }

  /**
   * @returns an instance of the reader type's record class
   * @throws {DeserializationError} start ≤ bytes < end is not exactly one value of the writer's
   */
  decode(buffer: Buffer, start: number, end: number): unknown {
    const { cursor } = this
    cursor.begin(buffer, start, end)
    const record = this.step(cursor)
    cursor.checkEnd()
    return record
  }
}

/** Fields whose texts are few and come again and again. */
const SHARED_FIELDS: ReadonlySet<string> = new Set(['primitive', 'value', 'current_value'])

class DecoderCompiler {
  private readonly skips = new SkipCompiler()
  private readonly shared = new SharedTexts()

  /** @param isTop true: limits of texts hold for its fields */
  record(writer: TypeNode, reader: TypeNode, isTop: boolean): Step {
    if (writer.typeName !== 'record' || !hasName(reader, writer)) throw mismatch(writer, reader)
    const slotNames = reader.fields.map((field) => field.name)
    refuseMissing(writer, reader)
    const steps: Step[] = []
    const slotOf: number[] = []
    for (const field of writer.fields) {
      const limit = isTop ? textLimit(field.name) : undefined
      const slot = slotNames.indexOf(field.name)
      slotOf.push(slot)
      steps.push(
        slot < 0
          ? this.skips.skip(field.type, field.name, limit)
          : this.read(field.type, reader.fields[slot]!.type, field.name, limit),
      )
    }
    // What the writer has not stays undefined: the class then takes the field's default.
    const slots = new Array<unknown>(slotNames.length).fill(undefined)
    const { recordConstructor: Record } = reader
    return (cursor) => {
      for (let i = 0; i < steps.length; i++) {
        const value = steps[i]!(cursor)
        const slot = slotOf[i]!
        if (slot >= 0) slots[slot] = value
      }
      return new Record(...slots)
    }
  }

  private read(writer: TypeNode, reader: TypeNode, field: string, limit?: TextLimit): Step {
    if (writer.typeName.startsWith('union')) return this.readUnion(writer, reader, field, limit)
    switch (reader.typeName) {
      case 'union:unwrapped':
        return this.readAsBranch(writer, reader, field, limit)
      case 'record':
        return this.record(writer, reader, false)
      case 'array':
        if (writer.typeName !== 'array') throw mismatch(writer, reader)
        return list(field, this.read(writer.itemsType, reader.itemsType, field))
      case 'enum':
        return symbol(field, writer, reader)
      case 'string':
        if (!isText(writer)) throw mismatch(writer, reader)
        return SHARED_FIELDS.has(field) ? this.sharedText(field, limit) : text(field, limit)
      case 'bytes':
        if (!isText(writer)) throw mismatch(writer, reader)
        return bytes(field)
      default:
        return primitive(field, writer, reader)
    }
  }

  /** The writer's union: each branch in its own way; one that cannot be read fails when met. */
  private readUnion(writer: TypeNode, reader: TypeNode, field: string, limit?: TextLimit): Step {
    const branches = writer.types.map((type) => this.tryRead(type, reader, field, limit))
    if (branches.every((branch) => branch === undefined)) throw mismatch(writer, reader)
    const steps = branches.map((branch, i) => branch ?? unreadable(field, writer.types[i]!))
    return (cursor) => steps[cursor.index(field, steps.length)]!(cursor)
  }

  /** The reader's union: its first branch that the writer's type can be read as. */
  private readAsBranch(writer: TypeNode, reader: TypeNode, field: string, limit?: TextLimit): Step {
    for (const type of reader.types) {
      const step = this.tryRead(writer, type, field, limit)
      if (step !== undefined) return step
    }
    throw mismatch(writer, reader)
  }

  private tryRead(
    writer: TypeNode,
    reader: TypeNode,
    field: string,
    limit?: TextLimit,
  ): Step | undefined {
    try {
      return this.read(writer, reader, field, limit)
    } catch (error) {
      if (error instanceof SchemaMismatch) return undefined
      throw error
    }
  }

  private sharedText(field: string, limit?: TextLimit): Step {
    const { shared } = this
    return (cursor) => {
      const length = limitedLength(cursor, field, limit)
      const start = cursor.position
      cursor.skip(field, length)
      return shared.get(cursor.buffer, start, length)
    }
  }
}

function list(field: string, item: Step): Step {
  return (cursor) => {
    const items: unknown[] = []
    blocks(field, (at) => void items.push(item(at)))(cursor)
    return items
  }
}

function unreadable(field: string, type: TypeNode): Step {
  return () => {
    throw new DeserializationError(field, 'a type that the field has', nameOf(type))
  }
}
