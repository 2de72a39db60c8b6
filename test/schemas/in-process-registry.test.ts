import { expect, test } from 'vitest'
import { SchemaRegistryError } from '../../schemas/errors.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { currentSchema, RECORD_NAMES } from '../../schemas/schema-files.ts'
import { registerSchema } from '../../schemas/serializer.ts'

const other = { type: 'record', name: 'Other', fields: [{ name: 'a', type: 'string' }] }

test('gives each schema the same id in every process', () => {
  const ids = RECORD_NAMES.map((name) => [name, currentSchema(name).id])
  expect(Object.fromEntries(ids)).toEqual({
    observation: 1001,
    'attacker-profile': 2001,
    'identity-link': 3001,
    'identity-observation': 4001,
    'state-changed': 5001,
    'multi-actor-suspected': 6001,
    'multi-actor-cleared': 7001,
    'dead-letter': 8001,
    'identity-formed': 9001,
    'identity-observation-linked': 10001,
    'identity-merged': 11001,
    'identity-unmerged': 12001,
    'evidence-generic': 13001,
    'campaign-formed': 14001,
    'campaign-identity-assigned': 15001,
    'identity-campaign-assigned': 16001,
    'campaign-merged': 17001,
    'campaign-unmerged': 18001,
    'technique-tag': 19001,
    'worker-health': 20001,
    'worker-control': 21001,
  })
})

test('registering is answered with the id, under every subject and however it is spelt', async () => {
  const registry = new InProcessRegistry()
  expect(await registerSchema('observation', registry)).toBe(1001)
  expect(await registerSchema('observation', registry, 'elsewhere')).toBe(1001)
  const copy = JSON.parse(JSON.stringify(currentSchema('observation').schema)) as object
  expect(registry.idOf('x-value', copy)).toBe(1001)
  expect(registry.schemaById(1001)).toEqual(copy)
})

test('holds schemas of others under ids of theirs', async () => {
  const registry: SchemaRegistry = new InProcessRegistry(new Map([[1, other]]))
  expect(registry.schemaById(1)).toBe(other)
  expect(registry.idOf('o-value', { ...other })).toBe(1)
  await registry.resolve(2)
  expect(registry.schemaById(2)).toBeUndefined()
})

test('refuses to keep what would be lost at the next start', async () => {
  const registry = new InProcessRegistry()
  expect(registry.idOf('o-value', other)).toBeUndefined()
  await expect(registry.register('o-value', other)).rejects.toThrow(SchemaRegistryError)
})

test("refuses another schema under one of the product's ids", () => {
  expect(() => new InProcessRegistry(new Map([[1001, other]]))).toThrow("product's own")
})
