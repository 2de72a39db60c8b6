import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { propertiesText, type Properties } from './broker-properties.ts'
import { JavaProcess } from './java-process.ts'
import type { KafkaArchive } from './kafka-archive.ts'

/** 22 characters of base64url, as Kafka writes its UUIDs. */
export const clusterId = 'YXR0cmlidXRpb24tdGVzdA'

export interface NodeOptions {
  readonly archive: KafkaArchive
  readonly directory: string
  readonly properties: Properties
  /** For `format`, such as `--standalone` or `--feature`. */
  readonly formatOptions: readonly string[]
  readonly heapMegabytes: number
  /** The second compiler costs a short run more than it gives; a benchmark needs it. */
  readonly isOptimized: boolean
  readonly jvmOptions: readonly string[]
}

/**
 * One broker process on a directory; it can be killed and started again on what it wrote.
 *
 * The same directory, ports and settings serve every start.
 */
export class KafkaNode {
  readonly #options: NodeOptions
  readonly #logFile: string
  readonly #propertiesFile: string
  #process: JavaProcess | null = null
  #shallRun = false

  constructor(options: NodeOptions) {
    this.#options = options
    this.#logFile = path.join(options.directory, 'broker.log')
    this.#propertiesFile = path.join(options.directory, 'broker.properties')
  }

  /** Whether it ended without having been told to. */
  get hasFailed(): boolean {
    return this.#shallRun && !this.#process!.isRunning
  }

  get logFile(): string {
    return this.#logFile
  }

  /** Resolves when it answers clients. */
  async start(): Promise<void> {
    const { directory } = this.#options
    await mkdir(directory, { recursive: true })
    await writeFile(this.#propertiesFile, propertiesText(this.#options.properties))
    const earlierStarts = startsIn(await this.log().catch(() => ''))
    const started = new JavaProcess({ args: this.#args(), logFile: this.#logFile, directory })
    this.#process = started
    await started.untilReady(async () => startsIn(await started.log()) > earlierStarts, 60_000)
    this.#shallRun = true
  }

  /** As by a power cut of the process: nothing is flushed or said to anyone. */
  async kill(): Promise<void> {
    this.#shallRun = false
    await this.#process?.kill()
  }

  /** An orderly stop; becomes a kill after 10 s. */
  async stop(): Promise<void> {
    this.#shallRun = false
    await this.#process?.stop(10_000)
  }

  pause(): Promise<void> {
    this.#process?.freeze()
    return Promise.resolve()
  }

  resume(): Promise<void> {
    this.#process?.thaw()
    return Promise.resolve()
  }

  log(): Promise<string> {
    return readFile(this.#logFile, 'utf8')
  }

  #args(): string[] {
    const { archive, heapMegabytes, isOptimized, jvmOptions, formatOptions } = this.#options
    const log = '-Dorg.slf4j.simpleLogger'
    return [
      ...jvmOptions,
      '-Xms64m',
      `-Xmx${heapMegabytes}m`,
      '-XX:+UseSerialGC',
      '-XX:MaxDirectMemorySize=128m',
      '-Xss512k',
      ...(isOptimized ? [] : ['-XX:TieredStopAtLevel=1', '-XX:ReservedCodeCacheSize=64m']),
      `${log}.defaultLogLevel=warn`,
      `${log}.showDateTime=true`,
      `${log}.dateTimeFormat=HH:mm:ss.SSS`,
      // Says "Kafka Server started".
      `${log}.log.kafka.server.KafkaRaftServer=info`,
      '-cp',
      archive.classPath,
      'LocalBroker',
      this.#propertiesFile,
      clusterId,
      ...formatOptions,
    ]
  }
}

function startsIn(log: string): number {
  return log.split('Kafka Server started').length - 1
}
