import type { RunningKafka } from './running-kafka.ts'

/** A broker that runs already and goes on after the tests. */
export function givenKafka(bootstrapServers: string): RunningKafka {
  const refuse = (): Promise<never> =>
    Promise.reject(new Error('the broker of KAFKA_BROKERS is not ours to stop'))
  return {
    home: 'given',
    bootstrapServers,
    address: () => bootstrapServers,
    kill: refuse,
    stop: refuse,
    start: refuse,
    pause: refuse,
    resume: refuse,
    log: () => Promise.resolve(''),
    dispose: () => Promise.resolve(),
  }
}
