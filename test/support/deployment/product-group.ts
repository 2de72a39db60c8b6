import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { vi } from 'vitest'
import type { KafkaBroker } from '../../../broker/kafka/kafka-broker.ts'
import type { BuiltTopology } from '../../../topology/nodes.ts'
import { untilCaughtUp } from '../chaos/caught-up.ts'
import { ChaosLoad } from '../chaos/chaos-load.ts'
import { compiledProduct } from '../chaos/compiled-product.ts'
import { createProductTopics } from '../chaos/product-topics.ts'
import type { CompiledProgram } from '../compiled-program.ts'
import { connectPlain } from '../kafka/plain-client.ts'
import type { RunningKafka } from '../kafka/running-kafka.ts'
import { startKafka } from '../kafka/start-kafka.ts'
import { wholeProduct } from '../whole-product.ts'
import { ProductMember } from './product-member.ts'

export const PARTITIONS = 4
/** Of four sub-topologies, of which two are one task each. */
export const TASKS = 2 * PARTITIONS + 2
const SESSION_TIMEOUT_MS = 3_000

/** A broker with the product's topics, and members of the product as processes on it. */
export class ProductDeployment {
  readonly kafka: RunningKafka
  readonly broker: KafkaBroker
  readonly topology: BuiltTopology
  readonly acknowledged = new Set<string>()
  readonly #program: CompiledProgram
  readonly #directory: string
  readonly #members: ProductMember[] = []
  #loads = 0

  private constructor(
    kafka: RunningKafka,
    broker: KafkaBroker,
    topology: BuiltTopology,
    program: CompiledProgram,
    directory: string,
  ) {
    this.kafka = kafka
    this.broker = broker
    this.topology = topology
    this.#program = program
    this.#directory = directory
  }

  static async start(): Promise<ProductDeployment> {
    // Settings of its own: its topics have the product's names, which no other suite may meet.
    const [kafka, program] = await Promise.all([startKafka({}), compiledProduct()])
    const broker = await connectPlain(kafka.bootstrapServers)
    const topology = wholeProduct()
    await createProductTopics(broker, topology, PARTITIONS)
    const directory = await mkdtemp(path.join(tmpdir(), 'attribution-deployment-'))
    return new ProductDeployment(kafka, broker, topology, program, directory)
  }

  /** A member that is not started yet. */
  member(applicationId: string, settings: Readonly<Record<string, string>> = {}): ProductMember {
    const member = new ProductMember({
      program: this.#program.file,
      directory: path.join(this.#directory, String(this.#members.length)),
      settings: {
        BOOTSTRAP_SERVERS: this.kafka.bootstrapServers,
        APPLICATION_ID: applicationId,
        SESSION_TIMEOUT_MS: String(SESSION_TIMEOUT_MS),
        ...settings,
      },
    })
    this.#members.push(member)
    return member
  }

  /** Sends observations of attackers `attacker-0` and so on. */
  async load(records: number, durationMs = 0): Promise<void> {
    const seed = ++this.#loads
    const load = new ChaosLoad({ seed, records, attackers: 50, durationMs })
    await load.send(this.broker)
    for (const id of load.acknowledged) this.acknowledged.add(id)
  }

  untilCaughtUp(applicationId: string): Promise<void> {
    return untilCaughtUp(this.broker, applicationId, this.topology, 200)
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.kill()))
    await this.broker.close()
    await this.#program.dispose()
    await rm(this.#directory, { recursive: true })
    await this.kafka.dispose()
  }
}

/** Until every task runs at one of the members, and none of them has more than its share. */
export async function untilRunning(
  members: readonly ProductMember[],
  shareMax = TASKS,
): Promise<void> {
  await vi.waitFor(
    async () => {
      const tasks = await Promise.all(members.map((member) => member.tasks()))
      const counts = tasks.map(
        (own) => own.filter(({ role, state }) => role === 'active' && state === 'running').length,
      )
      const total = counts.reduce((sum, count) => sum + count, 0)
      if (total !== TASKS || Math.max(...counts) > shareMax) throw new Error(counts.join(', '))
    },
    { timeout: 30_000, interval: 50 },
  )
}
