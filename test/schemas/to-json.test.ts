import { expect, test } from 'vitest'
import { StructuredValue } from '../../schemas/structured-value.ts'
import { toJson } from '../../schemas/to-json.ts'
import { identityObservation, observation } from './observations.ts'

test('gives lists and objects as themselves', () => {
  const value = new StructuredValue('["a",1]')
  expect(toJson('observation', { ...observation, value })).toEqual({
    ...observation,
    value: ['a', 1],
  })
  expect(toJson('identity-observation', { ...identityObservation, value })).toMatchObject({
    value: ['a', 1],
  })
})

test('gives other values as they are', () => {
  expect(toJson('observation', observation)).toEqual(observation)
  expect(toJson('observation', { ...observation, value: null })).toMatchObject({ value: null })
})

test('gives bytes as base64', () => {
  const letter = {
    topic: 't',
    partition: 1,
    offset: 2,
    error_class: 'E',
    error_message: 'm',
    key: null,
    value: Buffer.from([0, 255]),
    timestamp_ms: 3,
  }
  expect(toJson('dead-letter', letter)).toEqual({ ...letter, value: 'AP8=' })
})

test('leaves the record as it was', () => {
  const record = Object.freeze({ ...observation, value: new StructuredValue('{"a":1}') })
  toJson('observation', record)
  expect(record.value).toEqual(new StructuredValue('{"a":1}'))
})
