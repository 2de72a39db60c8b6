import { ByteReader } from '../bytes/byte-reader.ts'
import { prefixEnd, toByteString, type ByteString } from '../bytes/byte-string.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import { changelogPositionCodec, type ChangelogPosition } from './changelog-position.ts'
import { StateCorruptedError } from './errors.ts'
import type { DatabaseBatch, TaskDatabase } from './task-database.ts'

/**
 * How the stores of a task share its database.
 *
 * ```
 * 0x01 'n' <store name>   →  u8 slot of the store
 * 0x01 'p' <store name>   →  changelog position
 * 0x20 + slot, <key>      →  a row
 * ```
 *
 * S1. A store keeps its slot for ever, whatever is added or dropped around it: rows are found by
 *     name, not by place in a list. Slots of dropped stores are not given again.
 */
const SLOT_PREFIX: ByteString = '\u0001n'
const POSITION_PREFIX: ByteString = '\u0001p'
const FIRST_ROW_BYTE = 0x20
/** The byte 0xff stays free, so that every store's rows end before some key. */
const SLOTS_MAX = 0xff - FIRST_ROW_BYTE

export class StoreLayout {
  readonly #slots: ReadonlyMap<string, number>
  readonly #positions: Map<string, ChangelogPosition>

  private constructor(
    slots: ReadonlyMap<string, number>,
    positions: Map<string, ChangelogPosition>,
  ) {
    this.#slots = slots
    this.#positions = positions
  }

  /**
   * Reads the layout, and gives new stores a slot.
   * @throws {StateCorruptedError}
   */
  static async open(database: TaskDatabase, names: readonly string[]): Promise<StoreLayout> {
    const slots = new Map<string, number>()
    let next = 0
    for await (const page of database.range(SLOT_PREFIX, prefixEnd(SLOT_PREFIX))) {
      for (const [key, value] of page) {
        if (value.length !== 1) throw new StateCorruptedError('a slot of a store is not one byte')
        slots.set(key.slice(SLOT_PREFIX.length), value[0]!)
        next = Math.max(next, value[0]! + 1)
      }
    }
    const batch = database.batch()
    for (const name of names.map(toByteString)) {
      if (slots.has(name)) continue
      if (next >= SLOTS_MAX) throw new RangeError(`a task has at most ${SLOTS_MAX} stores`)
      batch.put(SLOT_PREFIX + name, Buffer.of(next))
      slots.set(name, next++)
    }
    if (batch.size > 0) await batch.commit()
    else batch.discard()
    return new StoreLayout(slots, await readPositions(database, names))
  }

  /** What the keys of a store begin with. */
  prefixOf(store: string): ByteString {
    return String.fromCharCode(FIRST_ROW_BYTE + this.#slots.get(toByteString(store))!)
  }

  /** Positions on disk, of the stores asked for at opening. */
  get positions(): ReadonlyMap<string, ChangelogPosition> {
    return this.#positions
  }

  putPosition(batch: DatabaseBatch, store: string, position: ChangelogPosition): void {
    const writer = new ByteWriter(64)
    changelogPositionCodec.encode(position, writer)
    batch.put(POSITION_PREFIX + toByteString(store), writer.view())
  }

  deletePosition(batch: DatabaseBatch, store: string): void {
    batch.delete(POSITION_PREFIX + toByteString(store))
  }

  /** Told when a batch with these positions is on disk. */
  positionsWritten(positions: Iterable<readonly [string, ChangelogPosition]>): void {
    for (const [store, position] of positions) this.#positions.set(store, position)
  }

  positionDeleted(store: string): void {
    this.#positions.delete(store)
  }
}

async function readPositions(
  database: TaskDatabase,
  names: readonly string[],
): Promise<Map<string, ChangelogPosition>> {
  const rows = await database.getMany(names.map((name) => POSITION_PREFIX + toByteString(name)))
  const positions = new Map<string, ChangelogPosition>()
  rows.forEach((bytes, i) => {
    if (bytes === null) return
    try {
      positions.set(names[i]!, changelogPositionCodec.decode(new ByteReader(bytes)))
    } catch (cause) {
      throw new StateCorruptedError(`the position of store ${names[i]!} is damaged`, { cause })
    }
  })
  return positions
}
