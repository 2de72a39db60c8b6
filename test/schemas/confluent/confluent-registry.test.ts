import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { schemaRegistryContract } from '../../contract/schema-registry.ts'
import { AvroReader } from '../../../schemas/avro-reader.ts'
import { ConfluentRegistry } from '../../../schemas/confluent/confluent-registry.ts'
import {
  DeserializationError,
  SchemaRegistryError,
  SchemaRegistryUnavailableError,
} from '../../../schemas/errors.ts'
import { currentSchema } from '../../../schemas/schema-files.ts'
import { writeHeader } from '../../../schemas/wire-format.ts'
import { RegistryServer } from '../../support/registry-server.ts'

const server = new RegistryServer()
beforeAll(() => server.start())
afterAll(() => server.stop())
beforeEach(() => {
  server.trouble = 'none'
  server.requests.length = 0
})

schemaRegistryContract('a server in process', () => server)

const { schema } = currentSchema('state-changed')
const open = (now = () => 0) =>
  ConfluentRegistry.open({ url: server.url, username: 'u', password: 'p', timeoutMs: 300, now })

describe('registration', () => {
  it('has the subject promise BACKWARD before anything is written to it', async () => {
    const registry = await open()
    await registry.register('fresh-value', schema)
    expect(server.levels.get('fresh-value')).toBe('BACKWARD')
    const puts = server.requests.filter((line) => !line.startsWith('GET'))
    expect(puts[0]).toBe('PUT /config/fresh-value')
    expect(puts.at(-1)).toBe('POST /subjects/fresh-value/versions')
  })

  it.each(['BACKWARD_TRANSITIVE', 'FULL', 'FULL_TRANSITIVE'])(
    'leaves %s as it is',
    async (level) => {
      const subject = `${level}-value`
      server.levels.set(subject, level)
      await (await open()).register(subject, schema)
      expect(server.levels.get(subject)).toBe(level)
    },
  )

  it('refuses a subject that promises something else, and says what to do', async () => {
    server.levels.set('forward-value', 'FORWARD')
    const refused = (await open()).register('forward-value', schema)
    await expect(refused).rejects.toBeInstanceOf(SchemaRegistryError)
    await expect(refused).rejects.toThrow('PUT /config/forward-value')
    expect(server.subjects.has('forward-value')).toBe(false)
  })

  it('only reads where the schema is there and the promise given', async () => {
    server.levels.set('ready-value', 'BACKWARD')
    const id = server.add('ready-value', { schema: JSON.stringify(schema) })
    expect(await (await open()).register('ready-value', schema)).toBe(id)
    expect(server.requests).toEqual([
      'GET /subjects',
      'GET /config/ready-value',
      'POST /subjects/ready-value',
    ])
  })
})

describe('loading a schema by its id', () => {
  it('fetches it once, however many ask', async () => {
    const id = server.add('asked-value', { schema: JSON.stringify(schema) })
    const registry = await open()
    await Promise.all([registry.resolve(id), registry.resolve(id)])
    await registry.resolve(id)
    expect(server.requests.filter((line) => line.includes('/schemas/ids'))).toHaveLength(1)
    expect(registry.schemaById(id)).toEqual(schema)
  })

  it('asks for an id that did not exist again after five seconds', async () => {
    let nowMs = 0
    const registry = await open(() => nowMs)
    await registry.resolve(77_777)
    nowMs = 4_999
    await registry.resolve(77_777)
    expect(server.requests.filter((line) => line.includes('/schemas/ids'))).toHaveLength(1)
    nowMs = 5_000
    expect(registry.mayLearn(77_777)).toBe(true)
    await registry.resolve(77_777)
    expect(server.requests.filter((line) => line.includes('/schemas/ids'))).toHaveLength(2)
  })

  it('never asks for what cannot be an id', async () => {
    const registry = await open()
    expect(registry.mayLearn(0xffff_ffff)).toBe(false)
  })

  it('puts the types that it refers to in their places', async () => {
    const inner = { type: 'record', name: 'In', namespace: 'n', fields: [field('x', 'long')] }
    server.add('inner-value', { schema: JSON.stringify(inner) })
    const outer = {
      type: 'record',
      name: 'Out',
      namespace: 'n',
      fields: [field('first', 'n.In'), field('second', { type: 'array', items: 'In' })],
    }
    const id = server.add('outer-value', {
      schema: JSON.stringify(outer),
      references: [{ name: 'n.In', subject: 'inner-value', version: 1 }],
    })
    const registry = await open()
    await registry.resolve(id)
    expect(registry.schemaById(id)).toMatchObject({
      fields: [field('first', inner), field('second', { type: 'array', items: 'In' })],
    })
  })

  it.each([
    ['JSON Schema', { schema: '{"type":"object"}', schemaType: 'JSON' }],
    ['Protobuf', { schema: 'message A {}', schemaType: 'PROTOBUF' }],
    ['a primitive', { schema: '"string"' }],
  ])('makes records of %s fail to decode, not the program', async (_, version) => {
    const id = server.add(`foreign-${version.schema}-value`, version)
    const registry = await open()
    await registry.resolve(id)
    const bytes = Buffer.alloc(8)
    writeHeader(bytes, id)
    const reader = new AvroReader('state-changed', registry)
    expect(() => reader.read(bytes, 0, 8)).toThrow(DeserializationError)
    expect(registry.mayLearn(id)).toBe(false)
  })
})

describe('a registry in trouble', () => {
  it.each(['silent', 'breaks-off', 'fails'] as const)(
    'that %s is away for now',
    async (trouble) => {
      const registry = await open()
      server.trouble = trouble
      await expect(registry.resolve(5)).rejects.toBeInstanceOf(SchemaRegistryUnavailableError)
      expect(registry.mayLearn(5)).toBe(true)
      server.trouble = 'none'
      await registry.resolve(5)
    },
  )

  it('that refuses the credentials names the settings', async () => {
    server.trouble = 'unauthorized'
    const refused = open()
    await expect(refused).rejects.toThrow('SCHEMA_REGISTRY_PASSWORD')
    await expect(refused).rejects.not.toBeInstanceOf(SchemaRegistryUnavailableError)
  })
})

function field(name: string, type: unknown): object {
  return { name, type }
}
