import { describe, expect, it } from 'vitest'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { decodeBatches, type RecordBatch } from '../../broker/record-batch/record-batch.ts'
import { PartitionGroup } from '../../runtime/partition-group.ts'
import { RecordQueue } from '../../runtime/record-queue.ts'
import { TaskInput } from '../../runtime/task-input.ts'
import { WriterSchemas } from '../../runtime/writer-schemas.ts'
import { SchemaRegistryUnavailableError, UnknownSchemaIdError } from '../../schemas/errors.ts'
import type { SchemaRegistry } from '../../schemas/registry.ts'
import { schemaIdOf, writeHeader } from '../../schemas/wire-format.ts'
import { Topology } from '../../topology/topology.ts'
import { ManualClock } from '../support/manual-clock.ts'

/** A registry with the ids of `exists` that can be switched off. */
class SwitchedRegistry implements SchemaRegistry {
  isAway = false
  readonly asked: number[] = []
  readonly #exists: ReadonlySet<number>
  readonly #seen = new Set<number>()
  readonly #absent = new Set<number>()

  constructor(exists: readonly number[]) {
    this.#exists = new Set(exists)
  }

  register(): Promise<number> {
    return Promise.resolve(1)
  }

  idOf(): undefined {
    return undefined
  }

  schemaById(id: number): object | undefined {
    return this.#seen.has(id) ? {} : undefined
  }

  mayLearn(id: number): boolean {
    return !this.#seen.has(id) && !this.#absent.has(id)
  }

  resolve(id: number): Promise<void> {
    this.asked.push(id)
    if (this.isAway) return Promise.reject(new SchemaRegistryUnavailableError('away'))
    if (this.#exists.has(id)) this.#seen.add(id)
    else this.#absent.add(id)
    return Promise.resolve()
  }
}

const plainProducer = {
  producerId: -1n,
  producerEpoch: -1,
  baseSequence: -1,
  isTransactional: false,
}

/** A batch of Avro records, one for each schema id. */
function batchWith(ids: readonly number[]): RecordBatch {
  const builder = new BatchBuilder()
  for (const id of ids) {
    const value = Buffer.alloc(6)
    writeHeader(value, id)
    builder.append(null, value, 1)
  }
  return [...decodeBatches(builder.finish(plainProducer))][0]!
}

/** An input whose records decode to the id of their schema. */
function inputOf(registry: SwitchedRegistry, ids: readonly number[]) {
  const clock = new ManualClock()
  const retries: number[] = []
  const buried: number[] = []
  const schemas = new WriterSchemas({
    taskId: '0_0',
    registry,
    clock,
    onRetry: (_, __, pauseMs) => void retries.push(pauseMs),
  })
  const queue = new RecordQueue('in', 0, 'source', 0)
  queue.add([batchWith(ids)], ids.length, ids.length)
  const topology = new Topology()
    .addSource('source', {
      topics: ['in'],
      deserializer: (raw) => {
        const id = schemaIdOf(raw)!
        if (registry.schemaById(id) === undefined) throw new UnknownSchemaIdError(id)
        return id
      },
    })
    .addProcessor('end', () => ({ process: () => undefined }), { parents: ['source'] })
    .build()
  const [source] = topology.subTopologies[0]!.sources
  const input = new TaskInput(
    new PartitionGroup([queue]),
    new Map([['source', source!]]),
    (raw) => void buried.push(schemaIdOf(raw)!),
    (error, from) => schemas.holds(error, from),
  )
  const take = () => input.take(100).map(({ value }) => value)
  return { buried, clock, queue, retries, schemas, take }
}

describe('records whose writer’s schema is not known yet', () => {
  it('stay in their queue and follow once it is loaded', async () => {
    const registry = new SwitchedRegistry([1, 2])
    await registry.resolve(1)
    const { buried, queue, schemas, take } = inputOf(registry, [1, 1, 2, 1])
    expect(take()).toEqual([1, 1])
    expect(queue.nextOffset).toBe(2)
    expect(await schemas.load()).toBe(true)
    expect(take()).toEqual([2, 1])
    expect(queue.nextOffset).toBe(4)
    expect(buried).toEqual([])
  })

  it('are looked for together, so that a batch of many writers waits once', async () => {
    const registry = new SwitchedRegistry([1, 2, 3])
    const { schemas, take } = inputOf(registry, [1, 2, 1, 3])
    expect(take()).toEqual([])
    await schemas.load()
    expect(registry.asked).toEqual([1, 2, 3])
    expect(take()).toEqual([1, 2, 1, 3])
  })

  it('are dead letters when the registry has no such id', async () => {
    const registry = new SwitchedRegistry([1])
    const { buried, schemas, take } = inputOf(registry, [1, 9, 1])
    take()
    await schemas.load()
    expect(take()).toEqual([1, 1])
    expect(buried).toEqual([9])
  })

  it('wait while the registry is away, asked for after ever longer pauses', async () => {
    const registry = new SwitchedRegistry([1])
    registry.isAway = true
    const { buried, clock, queue, retries, schemas, take } = inputOf(registry, [1])
    for (let turn = 0; turn < 200; turn++) {
      expect(take()).toEqual([])
      await schemas.load()
      await clock.advance(100)
    }
    expect(schemas.isWaiting).toBe(true)
    expect(retries.slice(0, 8)).toEqual([100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000])
    expect(registry.asked.length).toBe(retries.length)
    expect([queue.nextOffset, buried]).toEqual([0, []])
    registry.isAway = false
    await clock.advance(5_000)
    expect(await schemas.load()).toBe(true)
    expect(schemas.isWaiting).toBe(false)
    expect(take()).toEqual([1])
  })
})
