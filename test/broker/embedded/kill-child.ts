import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { BatchBuilder } from '../../../broker/record-batch/batch-builder.ts'
import { RocksDbDatabase } from '../../../state/rocksdb-database.ts'

/**
 * Writes to the log in the directory it is given until it is killed, and says what was
 * acknowledged: `plain <n>` or `committed <n>`, one a line.
 */
const [directory = '', first = '0'] = process.argv.slice(2)

function oneRecord(value: string): BatchBuilder {
  const records = new BatchBuilder()
  records.append(null, Buffer.from(value), Date.now())
  return records
}

const database = await RocksDbDatabase.open(directory, {
  format: { name: 'kill-child', version: 1 },
})
const broker = await EmbeddedBroker.open({ database, tailBytesMax: 2000, segmentBytes: 5000 })
if ((await broker.describeTopics(['log'])).length === 0) {
  await broker.createTopics([{ name: 'log', partitions: 2 }])
}
const producer = broker.producer()
const transaction = broker.transaction('tx')
await transaction.init()
process.stdout.write('ready\n')

async function plainly(): Promise<never> {
  for (let n = Number(first); ; n++) {
    await producer.send([{ topic: 'log', partition: 0, records: oneRecord(`plain ${n}`) }])
    process.stdout.write(`plain ${n}\n`)
  }
}

async function inTransactions(): Promise<never> {
  for (let n = Number(first); ; n++) {
    for (const part of ['a', 'b', 'c']) {
      for (const partition of [0, 1]) {
        const records = oneRecord(`${part} ${n}`)
        await transaction.send([{ topic: 'log', partition, records }])
      }
    }
    await transaction.sendOffsets([{ topic: 'log', partition: 0, offset: n, metadata: '' }], {
      groupId: 'group',
      generationId: -1,
      memberId: '',
    })
    await transaction.commit()
    process.stdout.write(`committed ${n}\n`)
  }
}

await Promise.all([plainly(), inTransactions()])
