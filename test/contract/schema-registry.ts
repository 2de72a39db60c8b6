import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { ConfluentRegistry } from '../../schemas/confluent/confluent-registry.ts'
import { deserializerFor } from '../../schemas/deserializer.ts'
import {
  SchemaIncompatibleError,
  SchemaRegistryError,
  SchemaRegistryUnavailableError,
  UnknownSchemaIdError,
} from '../../schemas/errors.ts'
import type { StateChanged } from '../../schemas/records.ts'
import { currentSchema } from '../../schemas/schema-files.ts'
import { registerSchema, serializerFor } from '../../schemas/serializer.ts'
import { valueSubject } from '../../schemas/topics.ts'
import { rawRecord } from '../schemas/raw.ts'

/** A registry that the suite may stop and start again. */
export interface RegistryUnderTest {
  readonly url: string
  /** Refuses connections from now on. */
  stop(): Promise<void>
  /** False: what was registered is gone. */
  start(): Promise<void>
}

const change: StateChanged = {
  identity_uuid: 'i',
  primitive: 'motor.p',
  old_state: null,
  new_state: 'stable',
  current_value: 'x',
  confidence: 0.5,
  observation_count: 5,
  ts: 1_714_000_000.25,
  cause: 'observation',
}

/** A topic of its own for each test: registries are shared by a suite. */
const topicOf = (name: string) => `${name}-${randomUUID()}`

const session = (...fields: object[]) => ({
  type: 'record',
  name: `Session${randomUUID().replaceAll('-', '')}`,
  fields: [{ name: 'id', type: 'string' }, ...fields],
})

/** What any registry with Confluent's API must do for the product. */
export function schemaRegistryContract(name: string, given: () => RegistryUnderTest): void {
  const open = () => ConfluentRegistry.open({ url: given().url, timeoutMs: 2_000 })

  describe(`the adapter on ${name}`, () => {
    it('registers a schema under its topic’s subject, again with the same id', async () => {
      const topic = topicOf('changes')
      const registry = await open()
      const id = await registerSchema('state-changed', registry, topic)
      const { schema } = currentSchema('state-changed')
      expect(registry.idOf(valueSubject(topic), schema)).toBe(id)
      expect(await registerSchema('state-changed', await open(), topic)).toBe(id)
    })

    it('gives one schema one id under every subject', async () => {
      const registry = await open()
      const first = await registerSchema('state-changed', registry, topicOf('changes'))
      expect(await registerSchema('state-changed', registry, topicOf('changes'))).toBe(first)
    })

    it('lets a fresh client read what another wrote', async () => {
      const topic = topicOf('changes')
      const writer = await open()
      const id = await registerSchema('state-changed', writer, topic)
      const bytes = Buffer.from(serializerFor('state-changed', writer, 'avro', topic)(change))
      const reader = await open()
      const read = deserializerFor('state-changed', reader)
      expect(() => read(rawRecord(bytes))).toThrow(UnknownSchemaIdError)
      expect(reader.mayLearn(id)).toBe(true)
      await reader.resolve(id)
      expect(read(rawRecord(bytes))).toEqual(change)
    })

    it('takes a schema that can read the records before it', async () => {
      const subject = valueSubject(topicOf('sessions'))
      const first = session()
      const second = { ...first, fields: [...first.fields, optionalField('note')] }
      const registry = await open()
      const before = await registry.register(subject, first)
      expect(await registry.register(subject, second)).not.toBe(before)
      expect(await (await open()).register(subject, first)).toBe(before)
    })

    it('refuses a schema that cannot, and names the subject', async () => {
      const subject = valueSubject(topicOf('sessions'))
      const first = session()
      const registry = await open()
      await registry.register(subject, first)
      const broken = { ...first, fields: [...first.fields, { name: 'must', type: 'long' }] }
      const refused = registry.register(subject, broken)
      await expect(refused).rejects.toBeInstanceOf(SchemaIncompatibleError)
      await expect(refused).rejects.toThrow(subject)
      expect(registry.idOf(subject, broken)).toBeUndefined()
    })

    it('learns once that an id does not exist', async () => {
      const registry = await open()
      await registry.resolve(2_000_000_000)
      expect(registry.schemaById(2_000_000_000)).toBeUndefined()
      expect(registry.mayLearn(2_000_000_000)).toBe(false)
    })

    it('goes on with what it knows while the registry is away, and tells the rest apart', async () => {
      const topic = topicOf('changes')
      const registry = await open()
      const id = await registerSchema('state-changed', registry, topic)
      const bytes = Buffer.from(serializerFor('state-changed', registry, 'avro', topic)(change))
      await given().stop()
      try {
        expect(deserializerFor('state-changed', registry)(rawRecord(bytes))).toEqual(change)
        await registry.resolve(id)
        const other = registry.resolve(id + 1_000_000)
        await expect(other).rejects.toBeInstanceOf(SchemaRegistryUnavailableError)
        expect(registry.mayLearn(id + 1_000_000)).toBe(true)
        await expect(open()).rejects.toBeInstanceOf(SchemaRegistryUnavailableError)
      } finally {
        await given().start()
      }
      await registry.resolve(id + 1_000_000)
      expect(registry.mayLearn(id + 1_000_000)).toBe(false)
    })

    it('says when the URL leads to something else', async () => {
      const opened = ConfluentRegistry.open({ url: `${given().url}/nothing/here` })
      await expect(opened).rejects.toBeInstanceOf(SchemaRegistryError)
      await expect(opened).rejects.toThrow('SCHEMA_REGISTRY_URL')
    })
  })
}

function optionalField(name: string): object {
  return { name, type: ['null', 'string'], default: null }
}
