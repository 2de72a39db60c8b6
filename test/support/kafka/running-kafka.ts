/** One broker under test, wherever it runs. */
export interface RunningKafka {
  readonly home: 'given' | 'docker' | 'java'
  /** `host:port`, several between commas. */
  readonly bootstrapServers: string
  /** `host:port` of a listener by its name. */
  address(listener: string): string
  /** SIGKILL. */
  kill(): Promise<void>
  /** An orderly stop. */
  stop(): Promise<void>
  /** Starts it again on the same data and port; resolves when it answers. */
  start(): Promise<void>
  /** SIGSTOP: sockets stay open, nothing answers. */
  pause(): Promise<void>
  resume(): Promise<void>
  log(): Promise<string>
  /** Ends it and removes its data. */
  dispose(): Promise<void>
}
