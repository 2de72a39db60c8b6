/** Kafka's own settings, by its own names. */
export type Properties = Readonly<Record<string, string>>

/** A file of properties; values here hold no line ends. */
export function propertiesText(properties: Properties): string {
  return Object.entries(properties)
    .map(([name, value]) => `${name}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('')
}

export interface Listener {
  /** Its name, which is its security protocol unless `protocol` says otherwise. */
  readonly name: string
  readonly protocol?: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL'
  readonly port: number
}

/** Listeners on 127.0.0.1; brokers talk to each other over the first. */
export function listenerProperties(
  listeners: readonly [Listener, ...Listener[]],
  controllerPort: number,
): Properties {
  const urls = listeners.map(({ name, port }) => `${name}://127.0.0.1:${port}`)
  const protocols = listeners.map(({ name, protocol = name }) => `${name}:${protocol}`)
  return {
    'controller.listener.names': 'CONTROLLER',
    listeners: [...urls, `CONTROLLER://127.0.0.1:${controllerPort}`].join(','),
    'advertised.listeners': urls.join(','),
    'listener.security.protocol.map': [...protocols, 'CONTROLLER:PLAINTEXT'].join(','),
    'inter.broker.listener.name': listeners[0].name,
  }
}

/** What the brokers' own topics need to work with so many brokers. */
export function replicationProperties(brokers: 1 | 3): Properties {
  const minInSync = brokers === 1 ? '1' : '2'
  return {
    'default.replication.factor': String(brokers),
    'min.insync.replicas': minInSync,
    'offsets.topic.replication.factor': String(brokers),
    'offsets.topic.num.partitions': String(brokers),
    'transaction.state.log.replication.factor': String(brokers),
    'transaction.state.log.min.isr': minInSync,
    'transaction.state.log.num.partitions': String(brokers),
    'share.coordinator.state.topic.replication.factor': String(brokers),
    'share.coordinator.state.topic.min.isr': minInSync,
    'share.coordinator.state.topic.num.partitions': '1',
  }
}

/** Small in memory, and quick where Kafka's defaults count in minutes. */
export const quickProperties: Properties = {
  'process.roles': 'broker,controller',
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '300',
  // A killed broker cannot register again before its old session is over.
  'broker.session.timeout.ms': '2000',
  'broker.heartbeat.interval.ms': '500',
  'auto.create.topics.enable': 'false',
  'num.network.threads': '2',
  'num.io.threads': '2',
  'num.recovery.threads.per.data.dir': '1',
  'background.threads': '2',
  'log.segment.bytes': '33554432',
  'log.index.size.max.bytes': '1048576',
  'log.cleaner.dedupe.buffer.size': '2097152',
  'log.cleaner.backoff.ms': '200',
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '500',
}
