import { expect, test } from 'vitest'
import { rawValue } from '../../broker/record-batch/record-fields.ts'
import type { ByteReader } from '../../bytes/byte-reader.ts'
import type { ByteWriter } from '../../bytes/byte-writer.ts'
import { TopologyTestDriver } from '../../runtime/topology-test-driver.ts'
import type { Processor, ProcessorContext } from '../../topology/processor.ts'
import type { Record } from '../../topology/record.ts'
import type { Deserializer, Serializer } from '../../topology/serde.ts'
import type { KeyValueStore, StoreSpec } from '../../topology/store.ts'
import { Topology } from '../../topology/topology.ts'

// What a user of the Processor API writes, from top to bottom: values, serdes, a store, a
// processor, a topology. Nothing here is cast; the compiler checks what is said.

/** A login at a sensor. */
interface Login {
  readonly user: string
  readonly succeeded: boolean
}

interface Alarm {
  readonly failures: number
}

const decodeLogin: Deserializer<Login> = (raw) => {
  const value = rawValue(raw)?.toString() ?? ''
  const match = /^(\w+) (ok|failed)$/.exec(value)
  if (match === null) throw new TypeError(`not a login: ${value}`)
  return { user: match[1]!, succeeded: match[2] === 'ok' }
}

const encodeLogin: Serializer<Login> = ({ succeeded, user }) =>
  Buffer.from(`${user} ${succeeded ? 'ok' : 'failed'}`)

const encodeAlarm: Serializer<Alarm> = ({ failures }) => Buffer.from(String(failures))

const decodeAlarm: Deserializer<Alarm> = (raw) => ({ failures: Number(rawValue(raw)) })

const failuresStore: StoreSpec<number> = {
  name: 'failures',
  codec: {
    encode: (value: number, into: ByteWriter) => into.varint(value),
    decode: (from: ByteReader) => from.varint(),
  },
  toJson: (user, failures) => ({ user, failures }),
}

/** Counts a user's failed logins since the last good one and raises an alarm at three. */
class CountFailures implements Processor<Login, Alarm> {
  #failures!: KeyValueStore<number>

  init(context: ProcessorContext<Alarm>): void {
    this.#failures = context.store(failuresStore.name)
  }

  process(record: Record<Login>, context: ProcessorContext<Alarm>): void {
    const { succeeded, user } = record.value
    if (succeeded) {
      this.#failures.delete(user)
      return
    }
    const failures = (this.#failures.get(user) ?? 0) + 1
    this.#failures.put(user, failures)
    context.count('failed-logins')
    if (failures < 3) return
    context.forward({ key: user, value: { failures }, timestampMs: record.timestampMs })
  }
}

const topology = new Topology()
  .addSource('logins', {
    topics: ['login'],
    deserializer: decodeLogin,
    prefetch: (login, _key, touch) => {
      touch.key(failuresStore.name, login.user)
      return false
    },
  })
  .addProcessor('count-failures', () => new CountFailures(), {
    parents: ['logins'],
    stores: [failuresStore],
  })
  .addSink('alarms', { parents: ['count-failures'], topic: 'alarm', serializer: encodeAlarm })
  .build()

test('a processor with a store runs in the test driver as its class says', async () => {
  const driver = new TopologyTestDriver(topology)
  const failed = { key: null, value: { user: 'eve', succeeded: false } }

  await driver.pipeValues('login', encodeLogin, [
    { ...failed, timestampMs: 1 },
    { ...failed, timestampMs: 2 },
  ])
  expect(driver.read('alarm')).toEqual([])
  expect(await driver.store<number>('failures').get('eve')).toBe(2)

  await driver.pipeValues('login', encodeLogin, [{ ...failed, timestampMs: 3 }])
  expect(driver.readValues('alarm', decodeAlarm)).toEqual([
    { key: 'eve', value: { failures: 3 }, timestampMs: 3 },
  ])

  await driver.pipe('login', { key: null, value: Buffer.from('eve ok'), timestampMs: 4 })
  expect(await driver.store('failures').entries()).toEqual([])
  expect(driver.counters.get('count-failures/failed-logins')).toBe(3)
})

test('a record that cannot be decoded goes to the dead letters and the rest goes on', async () => {
  const driver = new TopologyTestDriver(topology)

  await driver.pipe('login', { key: 'x', value: Buffer.from('nonsense'), timestampMs: 1 })
  await driver.pipe('login', { key: 'x', value: Buffer.from('eve failed'), timestampMs: 2 })

  expect(driver.deadLetters).toMatchObject([{ topic: 'login', offset: 0, key: 'x' }])
  expect(await driver.store<number>('failures').get('eve')).toBe(1)
})
