import { setTimeout as pause } from 'node:timers/promises'
import type { StartedTestContainer } from 'testcontainers'
import {
  listenerProperties,
  propertiesText,
  quickProperties,
  replicationProperties,
} from './broker-properties.ts'
import { freePorts } from './free-ports.ts'
import { clusterId } from './kafka-node.ts'
import type { RunningKafka } from './running-kafka.ts'
import type { BrokerOptions } from './single-broker.ts'
import { kafkaImage } from './versions.ts'

const settingsFile = '/tmp/broker.properties'
const controllerPort = 9093

/**
 * Starts a broker of the official image on an engine of this machine.
 *
 * The port inside is the port outside, since a broker names its own address to clients. The image's
 * own start script has no way to say the transaction version, so the container formats and starts
 * by Kafka's commands.
 */
export async function startDockerKafka(options: BrokerOptions = {}): Promise<RunningKafka> {
  const { GenericContainer, Wait, getContainerRuntimeClient } = await import('testcontainers')
  const [free] = await freePorts(1)
  const port = options.port ?? free!
  const { container } = await getContainerRuntimeClient()
  const started = await new GenericContainer(kafkaImage)
    .withExposedPorts({ container: port, host: port })
    .withCopyContentToContainer([{ target: settingsFile, content: settings(port, options) }])
    .withCommand(['/bin/bash', '-c', startCommand(options)])
    .withWaitStrategy(Wait.forLogMessage('Kafka Server started'))
    .start()
  return runningContainer(started, container.getById(started.getId()), port)
}

function settings(port: number, { properties }: BrokerOptions): string {
  return propertiesText({
    ...quickProperties,
    ...replicationProperties(1),
    ...listenerProperties([{ name: 'PLAINTEXT', port }], controllerPort),
    listeners: `PLAINTEXT://0.0.0.0:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'node.id': '1',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
    'log.dirs': '/tmp/broker-data',
    ...properties,
  })
}

function startCommand({ transactionVersion = 2, formatOptions = [] }: BrokerOptions): string {
  const quoted = formatOptions.map((option) => `'${option}'`).join(' ')
  const format = [
    `/opt/kafka/bin/kafka-storage.sh format --ignore-formatted --standalone -t ${clusterId}`,
    `-c ${settingsFile} --feature transaction.version=${transactionVersion} ${quoted}`,
  ]
  return `${format.join(' ')} && exec /opt/kafka/bin/kafka-server-start.sh ${settingsFile}`
}

/** The engine's own calls: testcontainers has none to kill or to freeze, and its logs never end. */
interface EngineContainer {
  kill(): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
  pause(): Promise<void>
  unpause(): Promise<void>
  logs(options: { follow: false; stdout: true; stderr: true }): Promise<Buffer>
}

function runningContainer(
  started: StartedTestContainer,
  engine: EngineContainer,
  port: number,
): RunningKafka {
  const address = `127.0.0.1:${port}`
  const log = async (): Promise<string> =>
    (await engine.logs({ follow: false, stdout: true, stderr: true })).toString()
  const starts = async (): Promise<number> => (await log()).split('Kafka Server started').length
  return {
    home: 'docker',
    bootstrapServers: address,
    address: () => address,
    kill: () => engine.kill(),
    stop: () => engine.stop(),
    start: async () => {
      const earlier = await starts()
      await engine.start()
      while ((await starts()) === earlier) await pause(100)
    },
    pause: () => engine.pause(),
    resume: () => engine.unpause(),
    log,
    dispose: async () => {
      await started.stop()
    },
  }
}
