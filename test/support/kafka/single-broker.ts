import {
  listenerProperties,
  quickProperties,
  replicationProperties,
  type Listener,
  type Properties,
} from './broker-properties.ts'
import { freePorts } from './free-ports.ts'
import type { KafkaArchive } from './kafka-archive.ts'
import { KafkaNode } from './kafka-node.ts'

export interface BrokerOptions {
  /** 2 is KIP-890; 0 and 1 know the older protocol only. @default 2 */
  readonly transactionVersion?: 0 | 1 | 2
  /** Beside those that make a broker small and quick; these win. */
  readonly properties?: Properties
  /** @default a free one */
  readonly port?: number
  /** Further listeners, each on a free port; their settings are among `properties`. */
  readonly listeners?: readonly Omit<Listener, 'port'>[]
  /** Options of `format` beside the transaction version, such as `--add-scram`. */
  readonly formatOptions?: readonly string[]
  /** @default 384 */
  readonly heapMegabytes?: number
  /** Whether the JVM compiles for speed: for benchmarks. @default false */
  readonly isOptimized?: boolean
}

export interface SingleBroker {
  readonly node: KafkaNode
  /** `127.0.0.1:port` by listener name. */
  readonly addresses: ReadonlyMap<string, string>
}

/** A broker that is its own controller, not started yet; PLAINTEXT is its first listener. */
export async function singleBroker(
  archive: KafkaArchive,
  directory: string,
  jvmOptions: readonly string[],
  options: BrokerOptions = {},
): Promise<SingleBroker> {
  const { listeners = [], transactionVersion = 2, formatOptions = [] } = options
  const [free, controllerPort, ...others] = await freePorts(2 + listeners.length)
  const plaintext = { name: 'PLAINTEXT', port: options.port ?? free! }
  const named = listeners.map((listener, i) => ({ ...listener, port: others[i]! }))
  const node = new KafkaNode({
    archive,
    directory,
    jvmOptions,
    heapMegabytes: options.heapMegabytes ?? 384,
    isOptimized: options.isOptimized ?? false,
    formatOptions: [
      '--standalone',
      '--feature',
      `transaction.version=${transactionVersion}`,
      ...formatOptions,
    ],
    properties: {
      ...quickProperties,
      ...replicationProperties(1),
      ...listenerProperties([plaintext, ...named], controllerPort!),
      'node.id': '1',
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
      'log.dirs': `${directory}/data`,
      ...options.properties,
    },
  })
  const addresses = new Map(
    [plaintext, ...named].map(({ name, port }) => [name, `127.0.0.1:${port}`]),
  )
  return { node, addresses }
}
