import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Clock, systemClock } from '../../broker/clock.ts'
import { KafkaBroker } from '../../broker/kafka/kafka-broker.ts'
import { rocksDbHome, TaskStateDirectory } from '../../runtime/state-directory.ts'
import { StreamsInstance } from '../../runtime/streams-instance.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { PUBLIC_TOPICS } from '../../schemas/topics.ts'
import { attributionTopology } from '../../topology/attribution/attribution-topology.ts'
import { stubIdentity } from '../../topology/attribution/stub-identity.ts'
import { violations } from '../support/attribution-oracle.ts'
import { ChaosLoad } from '../support/chaos/chaos-load.ts'
import { gatherEvidence } from '../support/evidence.ts'
import { eventsBut } from '../support/ignored-events.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { untilQuiet } from '../support/quiet-engine.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

const HOUR_MS = 3_600_000

/** The machine's time, off by some. */
class OffsetClock implements Clock {
  offsetMs: number

  constructor(offsetMs: number) {
    this.offsetMs = offsetMs
  }

  now(): number {
    return systemClock.now() + this.offsetMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }

  setTimer(ms: number, fn: () => void): () => void {
    return systemClock.setTimer(ms, fn)
  }
}

const topology = attributionTopology({
  outputFormat: 'json',
  registry: new InProcessRegistry(),
}).build()

await describeKafka('an instance whose clock is wrong', () => {
  let kafka: RunningKafka
  let folder: string
  beforeAll(async () => {
    folder = await temporaryFolder()
    kafka = await startKafka({})
    const broker = await connectPlain(kafka.bootstrapServers)
    const input = { timestampType: 'log-append-time' } as const
    await broker.createTopics(
      Object.values(PUBLIC_TOPICS).map((name) => ({ name, partitions: 2, config: input })),
    )
    await broker.close()
  }, 120_000)
  afterAll(async () => {
    await kafka.dispose()
    await removeFolder(folder)
  })

  /** Everything that a run with the clock leaves is compared with the plain fold. */
  const expectRight = async (
    clock: OffsetClock,
    meanwhile: () => void = () => undefined,
  ): Promise<void> => {
    const broker = await KafkaBroker.connect({
      bootstrapServers: [kafka.bootstrapServers],
      clientId: 'clock',
      security: { protocol: 'PLAINTEXT' },
      clock,
    })
    const fatal: unknown[] = []
    const instance = new StreamsInstance({
      settings: {
        applicationId: 'clock',
        commitIntervalMs: 50,
        checkpointIntervalMs: 200,
        memoryBytesMax: 64 * 1024 * 1024,
        sessionTimeoutMs: 6_000,
      },
      topology,
      broker,
      directory: new TaskStateDirectory(rocksDbHome(path.join(folder, 'state')), clock, () => {
        throw new Error('state was wiped')
      }),
      clock,
      topics: [],
      events: eventsBut((error) => fatal.push(error)),
    })
    await instance.start()
    const load = new ChaosLoad({ seed: ++seed, records: 1_500, attackers: 50, durationMs: 1_000 })
    const loading = load.send(broker)
    meanwhile()
    await loading
    await untilQuiet(instance, 20_000)
    const evidence = await gatherEvidence('clock', broker, instance, load.acknowledged)
    expect(violations(evidence, stubIdentity)).toEqual([])
    expect(evidence.outputs.flat().length).toBeGreaterThan(100)
    expect(fatal).toEqual([])
    await instance.close()
    await broker.close()
  }
  let seed = 0

  // One application over all of them, so that each start finds state of the clock before.
  it('makes the same of its input an hour ahead', () => expectRight(new OffsetClock(HOUR_MS)))

  it('makes the same of it an hour behind, on the state of an hour ahead', async () => {
    await expectRight(new OffsetClock(-HOUR_MS))
  })

  it('makes the same of it when the clock is set ahead by an hour meanwhile', async () => {
    const clock = new OffsetClock(0)
    await expectRight(clock, () => {
      clock.offsetMs = HOUR_MS
    })
  })
})
