import { describe, expect, test } from 'vitest'
import { deserializerFor } from '../../schemas/deserializer.ts'
import { DeserializationError } from '../../schemas/errors.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { observation } from './observations.ts'
import { rawRecord } from './raw.ts'

const registry = new InProcessRegistry()
const read = deserializerFor('observation-view', registry)

function refusal(text: string | Uint8Array): DeserializationError {
  try {
    read(rawRecord(text))
  } catch (error) {
    expect(error).toBeInstanceOf(DeserializationError)
    return error as DeserializationError
  }
  throw new Error('it was taken')
}

/** The observation with this text as its value. */
function withValue(json: string): string {
  return JSON.stringify({ ...observation, value: 0 }).replace('"value":0', `"value":${json}`)
}

describe('text that is no record', () => {
  test.each([
    ['nothing', '', 'no bytes'],
    ['white space', ' \n\t', 'no bytes'],
    ['a list', '[]', 'first byte 5b'],
    ['text', '"x"', 'first byte 22'],
    ['a byte order mark', '\ufeff{}', 'first byte ef'],
    ['an unknown framing', Buffer.from([0xc3, 0x01, 0]), 'first byte c3'],
    ['a single byte 0', Buffer.from([0]), '1 bytes'],
    ['a brace', '{', 'JSON'],
    ['text after the object', `${JSON.stringify(observation)} x`, 'JSON'],
    ['two objects', '{}{}', 'JSON'],
    ['a comment', '{/* */}', 'JSON'],
    ['NaN', withValue('NaN'), 'JSON'],
    ['Infinity', withValue('-Infinity'), 'JSON'],
    ['text that is not UTF-8', Buffer.from('{"a":"\xff"}', 'latin1'), 'UTF-8'],
  ])('%s is refused', (_, text, says) => {
    expect(refusal(text).message).toContain(says)
  })

  test('a tombstone is refused', () => {
    expect(() => read(rawRecord(null))).toThrow('null (a tombstone)')
  })
})

describe('fields that are not of the schema', () => {
  test.each(['__proto__', 'constructor', 'toString', 'attackerUuid', ''])(
    '%j is refused',
    (key) => {
      const text = JSON.stringify(observation).replace('{', `{${JSON.stringify(key)}:{"ts":1},`)
      const error = refusal(text)
      expect(error.message).toContain(`received ${JSON.stringify(key)}`)
    },
  )

  test('one of a record within is refused with its path', () => {
    const error = refusal(
      JSON.stringify({ ...observation, window: { ...observation.window, zone: 'UTC' } }),
    )
    expect(error.field).toBe('window')
    expect(error.received).toBe('"zone"')
  })

  test('a key that stands twice counts as its last', () => {
    const text = JSON.stringify(observation).replace('{', '{"attacker_uuid":"first",')
    expect(read(rawRecord(text)).attacker_uuid).toBe(observation.attacker_uuid)
  })

  test('no prototype is touched', () => {
    read(
      rawRecord(withValue('{"__proto__":{"polluted":true},"constructor":{"prototype":{"p":1}}}')),
    )
    expect('polluted' in {}).toBe(false)
    expect('p' in {}).toBe(false)
  })
})

describe('fields of another type', () => {
  test.each([
    ['attacker_uuid', 7, 'text', '7'],
    ['id', null, 'text', 'null'],
    ['v', 1.5, 'an integer from -2147483648 to 2147483647', '1.5'],
    ['v', '1', 'an integer from -2147483648 to 2147483647', '"1"'],
    ['ts', '1565797340', 'a finite number', '"1565797340"'],
    ['ts', null, 'a finite number', 'null'],
    ['primitive', ['motor.x'], 'text', 'a list of 1'],
    ['confidence', true, 'a finite number', 'true'],
    ['window', [1, 2], 'an object', 'a list of 2'],
    ['window', null, 'an object', 'null'],
    ['source', {}, 'text', 'an object'],
    ['evidence_ref', 5, 'text', '5'],
    ['identity_ref', false, 'text', 'false'],
  ])('%s: %j is refused by name', (field, value, expected, received) => {
    const error = refusal(JSON.stringify({ ...observation, [field]: value }))
    expect(error).toMatchObject({ code: 'DESERIALIZATION', field, expected, received })
    expect(error.message).toBe(`field ${field}: expected ${expected}, received ${received}`)
  })

  test.each(['attacker_uuid', 'id', 'v', 'ts', 'primitive', 'value', 'confidence', 'source'])(
    'a record without %s is refused',
    (field) => {
      const error = refusal(JSON.stringify({ ...observation, [field]: undefined }))
      expect(error).toMatchObject({ field, received: 'nothing' })
    },
  )

  test.each(['attacker_uuid', 'id', 'primitive', 'source', 'evidence_ref', 'identity_ref'])(
    '%s with an unpaired surrogate is refused',
    (field) => {
      const error = refusal(JSON.stringify({ ...observation, [field]: 'a\ud800b.c' }))
      expect(error).toMatchObject({ field, expected: 'text without unpaired surrogates' })
    },
  )

  test('the path names an item of a list', () => {
    const readProfile = deserializerFor('attacker-profile', registry)
    const profile = { attacker_uuid: 'x', first_seen: 1, last_seen: 2 }
    const json = JSON.stringify({ ...profile, fingerprints: [{ kind: 'ja3' }, { kind: 5 }] })
    expect(() => readProfile(rawRecord(json))).toThrow('field fingerprints[1].kind: expected text')
  })
})

describe('values that no format can carry', () => {
  test.each([
    ['a number beyond a double', '1e999', 'a finite number'],
    ['one in a list', '[1,-1e999]', 'within the range of a double'],
    ['one deep in an object', '{"a":{"b":[1e999]}}', 'within the range of a double'],
    ['an unpaired surrogate', '"\\ud800"', 'unpaired surrogates'],
    ['one in a list', '["\\udc00a"]', 'unpaired surrogates'],
    ['one as a key', '{"\\ud800":1}', 'unpaired surrogates'],
    ['a list in a list', '[[1]]', 'a number or text'],
    ['null in a list', '[null]', 'a number or text'],
    ['a boolean in a list', '[true]', 'a number or text'],
    ['more than 8,192 bytes', `"${'é'.repeat(4_097)}"`, 'at most 8192 bytes'],
    ['an object of more than 8,192 bytes', `{"a":"${'x'.repeat(8_192)}"}`, 'at most 8192 bytes'],
    ['more than 16 levels', `${'{"a":'.repeat(17)}1${'}'.repeat(17)}`, 'at most 16 levels'],
  ])('%s is refused', (_, json, says) => {
    const error = refusal(withValue(json))
    expect(error.field).toMatch(/^value/)
    expect(error.message).toContain(says)
  })

  test('16 levels are taken', () => {
    const json = `${'{"a":'.repeat(16)}1${'}'.repeat(16)}`
    expect(read(rawRecord(withValue(json))).value).toEqual({ json })
  })
})

describe('text made to cost', () => {
  test.each([
    ['a value of 1 MB', withValue(`"${'x'.repeat(1_000_000)}"`)],
    ['100,000 brackets', `{"value":${'['.repeat(100_000)}`],
    ['60,000 brackets, closed', withValue('['.repeat(30_000) + ']'.repeat(30_000))],
    ['2,000 brackets, closed', withValue('['.repeat(2_000) + ']'.repeat(2_000))],
    [
      '10,000 objects within each other',
      withValue('{"":'.repeat(10_000) + '1' + '}'.repeat(10_000)),
    ],
    ['brackets behind an escaped quote', `{"a\\"":${'['.repeat(60_000)}`],
    ['an unknown field with a long name', `{"${'x'.repeat(60_000)}":1}`],
  ])('%s is refused shortly', (_, text) => {
    expect(refusal(text).message.length).toBeLessThan(400)
  })

  test('depth is seen before anything is parsed', () => {
    const text = withValue('['.repeat(30_000) + ']'.repeat(30_000))
    expect(refusal(text)).toMatchObject({ field: '', expected: 'at most 32 levels' })
  })

  test('brackets in text do not count as levels', () => {
    const value = '[{'.repeat(4_000)
    expect(read(rawRecord(withValue(JSON.stringify(value)))).value).toBe(value)
  })
})
