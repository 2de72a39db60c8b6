import { expect, test } from 'vitest'
import { EmbeddedBroker } from '../../../broker/embedded/embedded-broker.ts'
import { IngestService } from '../../../runtime/ingest-service.ts'
import { EndOffsets } from '../../../runtime/query/end-offsets.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'

const at = (partition: number) => ({ topic: 'in', partition })

async function log() {
  const broker = await EmbeddedBroker.open({ database: new MemoryDatabase() })
  await broker.createTopics([{ name: 'in', partitions: 4 }])
  let lookups = 0
  const lookUp = broker.listOffsets.bind(broker)
  broker.listOffsets = (...args) => {
    lookups++
    return lookUp(...args)
  }
  const ingest = new IngestService(broker)
  return { broker, ingest, lookups: () => lookups }
}

const record = (key: string) => ({ key, value: Buffer.from('v'), timestampMs: 1 })

test('a thousand questions at once are two requests, each answered in its order', async () => {
  const { broker, ingest, lookups } = await log()
  const ends = await ingest.append('in', ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(record))
  const offsets = new EndOffsets(broker)
  const expected = [3, 1, 0, 2].map((p) => ends.find((e) => e.partition === p)?.offset ?? 0)
  const asked = Array.from({ length: 1000 }, () => offsets.of([at(3), at(1), at(0), at(2)]))
  for (const answer of await Promise.all(asked)) expect(answer).toEqual(expected)
  expect(lookups()).toBeLessThanOrEqual(2)
})

test('what was appended before the question is in the answer', async () => {
  const { broker, ingest } = await log()
  const offsets = new EndOffsets(broker)
  for (let i = 1; i <= 20; i++) {
    void offsets.of([at(0), at(1), at(2), at(3)])
    await ingest.append('in', [record('key')])
    const sum = (await offsets.of([at(0), at(1), at(2), at(3)])).reduce((a, b) => a + b)
    expect(sum).toBe(i)
  }
})

test('a failed request fails those who shared it, not those who come after', async () => {
  const { broker } = await log()
  const offsets = new EndOffsets(broker)
  const failed = offsets.of([{ topic: 'nowhere', partition: 0 }])
  await expect(failed).rejects.toThrow('nowhere')
  expect(await offsets.of([at(0)])).toEqual([0])
})
