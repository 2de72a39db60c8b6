import { copyFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { classDataOptions } from './class-data.ts'
import { kafkaArchive } from './kafka-archive.ts'
import type { KafkaNode } from './kafka-node.ts'
import type { RunningKafka } from './running-kafka.ts'
import { singleBroker, type BrokerOptions } from './single-broker.ts'

/** Others may take a port between our look and the broker's bind. */
const attempts = 3

export interface JavaKafka extends RunningKafka {
  /** Where its logs lie: a folder a partition. */
  readonly dataDirectory: string
}

/** Starts a broker from Kafka's Java archive: 1 s, the first time on a machine 15 s. */
export async function startJavaKafka(options: BrokerOptions = {}): Promise<JavaKafka> {
  const archive = await kafkaArchive()
  const jvmOptions = await classDataOptions(archive)
  for (let attempt = 1; ; attempt++) {
    const directory = await mkdtemp(path.join(tmpdir(), 'attribution-kafka-'))
    const { node, addresses } = await singleBroker(archive, directory, jvmOptions, options)
    try {
      await node.start()
      return runningKafka(node, addresses, directory)
    } catch (error) {
      await node.kill()
      await rm(directory, { recursive: true, force: true })
      const isPortTaken = error instanceof Error && error.message.includes('Address already in use')
      if (!isPortTaken || attempt === attempts) throw error
    }
  }
}

function runningKafka(
  node: KafkaNode,
  addresses: ReadonlyMap<string, string>,
  directory: string,
): JavaKafka {
  const address = (listener: string): string => addresses.get(listener)!
  return {
    home: 'java',
    dataDirectory: path.join(directory, 'data'),
    bootstrapServers: address('PLAINTEXT'),
    address,
    kill: () => node.kill(),
    stop: () => node.stop(),
    start: () => node.start(),
    pause: () => node.pause(),
    resume: () => node.resume(),
    log: () => node.log(),
    dispose: () => disposeNode(node, directory),
  }
}

/** Ends a broker and removes its data; the log of one that ended by itself is kept. */
export async function disposeNode(node: KafkaNode, directory: string): Promise<void> {
  if (node.hasFailed) {
    const kept = `${directory}.log`
    await copyFile(node.logFile, kept)
    console.error(`a broker ended by itself; its log is kept: ${kept}`)
  }
  await node.kill()
  await rm(directory, { recursive: true, force: true })
}
