import { sharedBuffers } from '../bytes/buffer-pool.ts'
import { ByteWriter } from '../bytes/byte-writer.ts'
import type { ChangelogPosition } from './changelog-position.ts'
import type { LayeredStore } from './layered-store.ts'
import type { CheckpointLayer } from './layers.ts'
import type { StoreLayout } from './store-layout.ts'
import type { DatabaseBatch, TaskDatabase } from './task-database.ts'

/** Rows encoded and queued in one turn: about 2 µs each, so some 4 ms. */
const ROWS_PER_TURN = 2048
/** Encoded values share buffers of this size, used again once the batch is written (D4). */
const SLAB_BYTES = 1024 * 1024
const SLAB_MARGIN_BYTES = 64 * 1024

/**
 * Step 6 of the commit order: the committed layers of all stores and the positions they belong to
 * go to disk in one batch, while processing goes on.
 *
 * C1. Data and positions are of one moment, the beginning: a crash before the batch leaves the
 *     former checkpoint, a crash after it this one, and either position is true for its data.
 * C2. Values are encoded here, once a checkpoint, however often a key was committed in between.
 * C3. The batch is filled over several turns of the event loop. Only its commit is one stretch,
 *     0.5 µs a row in the binding: bound a checkpoint's rows by asking for it in time.
 * C4. A failed batch leaves the layers as if the checkpoint had not begun.
 */
export async function writeCheckpoint(
  database: TaskDatabase,
  stores: readonly LayeredStore<unknown>[],
  layout: StoreLayout,
  positions: ReadonlyMap<string, ChangelogPosition>,
): Promise<void> {
  const layers = stores.map((store) => store.layers.beginCheckpoint())
  const slab = new Slab()
  let batch: DatabaseBatch | null = null
  try {
    batch = database.batch()
    for (let i = 0; i < stores.length; i++) await fill(batch, slab, stores[i]!, layers[i]!)
    for (const [store, position] of positions) layout.putPosition(batch, store, position)
    await batch.commit()
  } catch (error) {
    batch?.discard()
    for (const store of stores) store.layers.checkpointFailed()
    throw error
  } finally {
    slab.release()
  }
  layout.positionsWritten(positions)
  for (const store of stores) store.checkpointSucceeded()
}

async function fill(
  batch: DatabaseBatch,
  slab: Slab,
  store: LayeredStore<unknown>,
  { entries, values }: CheckpointLayer<unknown>,
): Promise<void> {
  for (let from = 0; from < entries.length; from += ROWS_PER_TURN) {
    if (from > 0) await new Promise((resolve) => setImmediate(resolve))
    const to = Math.min(from + ROWS_PER_TURN, entries.length)
    for (let i = from; i < to; i++) {
      const { key } = entries[i]!
      const value = values[i]
      if (value === undefined) {
        // Rows that came and went in between: a range would have to step over their tombstones.
        if (store.diskKeys.mayHold(key)) batch.delete(store.prefix + key)
        continue
      }
      store.diskKeys.add(key)
      batch.put(
        store.prefix + key,
        slab.write((writer) => store.codec.encode(value, writer)),
      )
    }
  }
}

/** Buffers that many encoded values share. */
class Slab {
  readonly #writer = new ByteWriter(0)
  readonly #taken: Buffer[] = []

  constructor() {
    this.#takeNext()
  }

  write(encode: (writer: ByteWriter) => void): Buffer {
    const writer = this.#writer
    if (writer.position > SLAB_BYTES - SLAB_MARGIN_BYTES) this.#takeNext()
    const start = writer.position
    encode(writer)
    // A value that outgrew the slab moved it to a larger buffer, with all bytes before it.
    return writer.buffer.subarray(start, writer.position)
  }

  /** Nobody reads the values any more. */
  release(): void {
    for (const buffer of this.#taken) sharedBuffers.give(buffer)
  }

  #takeNext(): void {
    const buffer = sharedBuffers.take(SLAB_BYTES)
    this.#taken.push(buffer)
    this.#writer.buffer = buffer
    this.#writer.position = 0
  }
}
