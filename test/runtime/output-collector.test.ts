import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { OutputCollector } from '../../runtime/output-collector.ts'
import { ProductionError } from '../../topology/errors.ts'
import { recordsOf } from '../support/batches.ts'

const counts = new Map([
  ['one', 1],
  ['four', 4],
])

describe('the output collector', () => {
  it('leaves exactly the records of committed scopes, in order per partition', () => {
    const action = fc.record({
      keep: fc.boolean(),
      sends: fc.array(
        fc.record({
          topic: fc.constantFrom('one', 'four'),
          partition: fc.nat(3),
          value: fc.string({ maxLength: 50 }),
        }),
        { maxLength: 8 },
      ),
    })
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const collector = new OutputCollector(counts)
        const expected = new Map<string, string[]>()
        let kept = 0
        for (const { keep, sends } of actions) {
          collector.begin()
          for (const { topic, partition, value } of sends) {
            const target = topic === 'one' ? 0 : partition
            collector.send(topic, 'key', Buffer.from(value), 1, target)
            if (!keep) continue
            kept++
            const at = `${topic}:${target}`
            expected.set(at, [...(expected.get(at) ?? []), value])
          }
          if (keep) collector.commit()
          else collector.rollback()
        }
        expect(collector.recordCount).toBe(kept)
        const sent = new Map<string, string[]>()
        for (const { topic, partition, records } of collector.take()) {
          const at = `${topic}:${partition}`
          const values = recordsOf(records).map(({ value }) => value!.toString())
          sent.set(at, [...(sent.get(at) ?? []), ...values])
        }
        expect(sent).toEqual(expected)
        expect(collector.recordCount).toBe(0)
        expect(collector.take()).toEqual([])
      }),
    )
  })

  it('rolls back over a batch that was closed within the scope', () => {
    const collector = new OutputCollector(counts)
    collector.begin()
    collector.send('one', 'k', Buffer.from('kept'), 1)
    collector.commit()
    collector.begin()
    for (let i = 0; i < 40; i++) collector.send('one', 'k', Buffer.alloc(20_000), 1)
    collector.rollback()
    const taken = collector.take()
    expect(taken).toHaveLength(1)
    expect(recordsOf(taken[0]!.records).map(({ value }) => value!.toString())).toEqual(['kept'])
  })

  it('places text keys by murmur2 of their UTF-8 bytes and null keys on partition 0', () => {
    const collector = new OutputCollector(counts)
    collector.begin()
    collector.send('four', 'foobar', Buffer.from('v'), 1)
    collector.send('four', null, Buffer.from('v'), 1)
    const partitions = collector.take().map(({ partition }) => partition)
    // murmur2('foobar') is −790332482; its low 31 bits modulo 4 are 2.
    expect(partitions.sort()).toEqual([0, 2])
  })

  it('refuses a record larger than the largest batch and a topic it does not know', () => {
    const collector = new OutputCollector(counts)
    collector.begin()
    expect(() => collector.send('one', 'k', Buffer.alloc(1 << 20), 1)).toThrow(ProductionError)
    expect(() => collector.send('absent', 'k', Buffer.alloc(1), 1)).toThrow(/absent/)
    collector.rollback()
    expect(collector.take()).toEqual([])
  })
})
