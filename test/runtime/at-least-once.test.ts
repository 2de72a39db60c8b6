import { expect, test } from 'vitest'
import type { Ack, PartitionRecords, Producer } from '../../broker/port.ts'
import { AtLeastOnceWriter } from '../../runtime/at-least-once.ts'
import { valuesBatch } from '../support/broker-records.ts'

const recordsOf = (topic: string): PartitionRecords => ({
  topic,
  partition: 0,
  records: valuesBatch('value'),
})

/** A producer that notes what it sent, and may fail for a topic. */
function noting(failing?: string) {
  const sent: string[][] = []
  const producer: Producer = {
    send(records) {
      const topics = records.map(({ topic }) => topic)
      if (failing !== undefined && topics.includes(failing)) {
        return Promise.reject(new Error('refused'))
      }
      sent.push(topics)
      return Promise.resolve(
        topics.map((topic): Ack => ({ topic, partition: 0, baseOffset: 7, logAppendTimeMs: -1 })),
      )
    },
    close: () => Promise.resolve(),
  }
  const offsets = { commit: () => Promise.resolve() }
  return { sent, writer: new AtLeastOnceWriter(producer, offsets, ['changelog']) }
}

test('outputs are acknowledged before the state that knows of them is sent', async () => {
  const { sent, writer } = noting()
  const acks = await writer.send(['changelog', 'output', 'repartition'].map(recordsOf))
  expect(sent).toEqual([['output', 'repartition'], ['changelog']])
  expect(acks.map(({ topic }) => topic).sort()).toEqual(['changelog', 'output', 'repartition'])
})

test('no state is sent when an output was refused', async () => {
  const { sent, writer } = noting('output')
  await expect(writer.send(['changelog', 'output'].map(recordsOf))).rejects.toThrow('refused')
  expect(sent).toEqual([])
})
