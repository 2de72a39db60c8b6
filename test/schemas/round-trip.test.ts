import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { Observation, Value } from '../../schemas/records.ts'
import { serializerFor } from '../../schemas/serializer.ts'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()

const observation: Observation = {
  attacker_uuid: '880c1638-92ed-5e6f-933c-13f65bba1ae3',
  id: 'f4fb6033d2835cdeafda253675f36ddc',
  v: 1,
  ts: 1565797340.222042,
  primitive: 'motor.shell_mastery.pipe_chaining_depth',
  value: 'shallow',
  confidence: 0.7,
  window: { start_ts: 1565797251.169179, end_ts: 1565797340.222042 },
  source: 'shell-history',
  evidence_ref: 'shard:range/bash/49eae1a23efb.jsonl#0',
  identity_ref: null,
}

const values: readonly (readonly [string, Value, Value])[] = [
  ['1', 1, 1],
  ['1.5', 1.5, 1.5],
  ['-0', -0, 0],
  ['1e300', 1e300, 1e300],
  ['true', true, true],
  ['null', null, null],
  ['empty text', '', ''],
  ['text', 'bursty', 'bursty'],
  ['emoji', '🧑‍💻', '🧑‍💻'],
  ['list', new StructuredValue('[1,"a",1.5]'), new StructuredValue('[1,"a",1.5]')],
  [
    'object',
    new StructuredValue('{"a":[1,{"b":null}]}'),
    new StructuredValue('{"a":[1,{"b":null}]}'),
  ],
]

describe.each(['avro', 'json'] as const)('a record written as %s', (format) => {
  test.each(values)('keeps the value %s', (_, value, expected) => {
    const write = serializerFor('observation', registry, format)
    const read = deserializerFor('observation', registry)
    expect({ ...read(rawRecord(write({ ...observation, value }))) }).toEqual({
      ...observation,
      value: expected,
    })
  })
})
