import { Buffer } from 'node:buffer'
import type { CommittedOffset } from '../../../broker/port.ts'
import type { Properties } from './broker-properties.ts'
import { runJavaTool } from './java-tool.ts'

/** What tests ask of a cluster through Kafka's own admin client; each call takes half a second. */
export class ClusterTool {
  readonly #client: Properties

  constructor(bootstrapServers: string, client: Properties = {}) {
    this.#client = { 'bootstrap.servers': bootstrapServers, ...client }
  }

  /** The ids of the brokers that the cluster counts as alive. */
  async brokers(): Promise<number[]> {
    return (await this.#ask('brokers')).map(([id]) => Number(id)).sort((a, b) => a - b)
  }

  async createTopic(
    name: string,
    partitions: number,
    replicas: number,
    settings: Properties = {},
  ): Promise<void> {
    await this.#ask('create-topic', name, `${partitions}`, `${replicas}`, ...assignments(settings))
  }

  /** @param partitions more than it has */
  async addPartitions(name: string, partitions: number): Promise<void> {
    await this.#ask('add-partitions', name, `${partitions}`)
  }

  /** Other settings stay as they are. */
  async alterTopic(name: string, settings: Properties): Promise<void> {
    await this.#ask('alter-topic', name, ...assignments(settings))
  }

  /** By partition: its leader, or −1, and how many replicas are in sync. */
  async leaders(topic: string): Promise<{ leader: number; inSync: number }[]> {
    const lines = (await this.#ask('leaders', topic)).map((fields) => fields.map(Number))
    lines.sort(([a], [b]) => a! - b!)
    return lines.map(([, leader, inSync]) => ({ leader: leader!, inSync: inSync! }))
  }

  async groupOffsets(groupId: string): Promise<CommittedOffset[]> {
    return (await this.#ask('group-offsets', groupId)).map(
      ([topic, partition, offset, metadata]) => ({
        topic: topic!,
        partition: Number(partition),
        offset: Number(offset),
        metadata: Buffer.from(metadata ?? '', 'base64').toString(),
      }),
    )
  }

  async groupCoordinator(groupId: string): Promise<number> {
    return await this.#number('group-coordinator', groupId)
  }

  async transactionCoordinator(transactionalId: string): Promise<number> {
    return await this.#number('transaction-coordinator', transactionalId)
  }

  /** The node that leads the metadata quorum. */
  async controller(): Promise<number> {
    return await this.#number('controller')
  }

  /**
   * Adds ACLs.
   *
   * @param rules `TOPIC:name:READ` and so on; a name that ends in `*` is a prefix
   */
  async allow(principal: string, rules: readonly string[]): Promise<void> {
    await this.#ask('allow', principal, ...rules)
  }

  async #number(command: string, ...args: string[]): Promise<number> {
    const [line] = await this.#ask(command, ...args)
    return Number(line![0])
  }

  async #ask(command: string, ...args: string[]): Promise<string[][]> {
    let output = ''
    const call = { program: 'ClusterTool', client: this.#client, args: [command, ...args] } as const
    await runJavaTool(call, (chunk) => (output += chunk.toString()))
    return output
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => line.split('\t'))
  }
}

function assignments(settings: Properties): string[] {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`)
}
