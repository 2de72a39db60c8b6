import { vi } from 'vitest'
import { systemClock } from '../../../broker/clock.ts'
import type { KafkaBroker } from '../../../broker/kafka/kafka-broker.ts'
import type { CrashProbe } from '../../../runtime/crash-probe.ts'
import { IngestService } from '../../../runtime/ingest-service.ts'
import { TaskStateDirectory } from '../../../runtime/state-directory.ts'
import type { InstanceSettings } from '../../../runtime/instance-options.ts'
import { StreamsInstance } from '../../../runtime/streams-instance.ts'
import { MemoryDatabase } from '../../../state/memory-database.ts'
import { uniqueName } from '../broker-records.ts'
import { eventsBut } from '../ignored-events.ts'
import { connectPlain } from '../kafka/plain-client.ts'
import { relayTopology } from './relay-topology.ts'

/** Members of one application in this process, each with a client of its own, on topics of its own. */
export class RelayGroup {
  readonly applicationId = uniqueName('relay')
  readonly from = uniqueName('from')
  readonly to = uniqueName('to')
  readonly failures: unknown[] = []
  readonly partitions: number
  readonly #bootstrapServers: string
  readonly #closes: (() => Promise<void>)[] = []
  readonly #onRecord: (value: string) => void
  #sent = 0

  constructor(
    bootstrapServers: string,
    partitions: number,
    onRecord: (value: string) => void = () => undefined,
  ) {
    this.#bootstrapServers = bootstrapServers
    this.partitions = partitions
    this.#onRecord = onRecord
  }

  async join(
    settings: Partial<InstanceSettings> = {},
    probe?: CrashProbe,
  ): Promise<StreamsInstance> {
    const broker = await this.#connect()
    const home = {
      open: () => Promise.resolve(new MemoryDatabase()),
      destroy: () => Promise.resolve(),
      existing: () => Promise.resolve([]),
    }
    const instance = new StreamsInstance({
      settings: {
        applicationId: this.applicationId,
        commitIntervalMs: 50,
        checkpointIntervalMs: 1_000,
        memoryBytesMax: 64 * 1024 * 1024,
        ...settings,
      },
      topology: relayTopology({ from: this.from, to: this.to, onRecord: this.#onRecord }),
      broker,
      directory: new TaskStateDirectory(home, systemClock, () => undefined),
      clock: systemClock,
      topics: [this.from, this.to].map((name) => ({ name, partitions: this.partitions })),
      events: eventsBut((error) => this.failures.push(error)),
      ...(probe === undefined ? {} : { probe }),
    })
    this.#closes.unshift(async () => {
      await instance.close()
      await broker.close()
    })
    await instance.start()
    return instance
  }

  /** Sends records of so many keys. */
  async send(records: number, { bytes = 10, keys = 100 } = {}): Promise<void> {
    const broker = await this.#connect()
    const ingest = new IngestService(broker)
    const value = Buffer.alloc(bytes, 'x')
    for (let left = records; left > 0; left -= 1000) {
      const batch = Array.from({ length: Math.min(left, 1000) }, (_, i) => ({
        key: `key-${(this.#sent + i) % keys}`,
        value,
        timestampMs: Date.now(),
      }))
      this.#sent += batch.length
      await ingest.append(this.from, batch)
    }
    await ingest.close()
    await broker.close()
  }

  /** Until everything sent is committed. */
  async untilCommitted(timeoutMs = 30_000): Promise<void> {
    const broker = await this.#connect()
    await vi.waitFor(
      async () => {
        const committed = await broker.groupAdmin(this.applicationId).committed()
        const sum = committed.reduce((total, { offset }) => total + offset, 0)
        if (sum !== this.#sent) throw new Error(`${sum} of ${this.#sent} records are committed`)
      },
      { timeout: timeoutMs, interval: 50 },
    )
    await broker.close()
  }

  async untilRunning(members: readonly StreamsInstance[]): Promise<void> {
    const share = Math.ceil(this.partitions / members.length)
    await vi.waitFor(
      () => {
        const counts = members.map(
          ({ runners }) =>
            [...runners.values()].filter(({ task }) => task.state === 'running').length,
        )
        const total = counts.reduce((sum, count) => sum + count, 0)
        if (total !== this.partitions || Math.max(...counts) > share) {
          throw new Error(`tasks run: ${counts.join(', ')}`)
        }
      },
      { timeout: 20_000, interval: 20 },
    )
  }

  async close(): Promise<void> {
    await Promise.all(this.#closes.map((close) => close()))
  }

  #connect(): Promise<KafkaBroker> {
    return connectPlain(this.#bootstrapServers)
  }
}
