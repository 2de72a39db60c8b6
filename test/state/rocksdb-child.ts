import { RocksDbDatabase } from '../../state/rocksdb-database.ts'

/**
 * A process of its own that owns a database, for tests that lock it out or kill it.
 *
 * Prints `open`, then either waits to be killed (`hold`) or writes batches without end (`write`),
 * printing the number of each once it is acknowledged. Batch n puts n under every one of ROWS
 * keys and under `position`.
 */
const ROWS = 200

const [directory = '', mode = ''] = process.argv.slice(2)
const database = await RocksDbDatabase.open(directory, { writeBufferSizeBytes: 1024 * 1024 })
process.stdout.write('open\n')
if (mode === 'hold') setInterval(() => undefined, 60_000)

const [last = null] = await database.getMany(['position'])
for (let n = last === null ? 1 : last.readUInt32BE(0) + 1; mode === 'write'; n++) {
  const value = Buffer.alloc(100)
  value.writeUInt32BE(n)
  const batch = database.batch()
  for (let row = 0; row < ROWS; row++) batch.put(`row${row}`, value)
  batch.put('position', value)
  await batch.commit()
  process.stdout.write(`${n}\n`)
}
