import { dockerAnswers } from './docker-engine.ts'
import { startDockerKafka } from './docker-kafka.ts'
import { givenKafka } from './given-kafka.ts'
import { startJavaKafka } from './java-kafka.ts'
import type { RunningKafka } from './running-kafka.ts'
import type { BrokerOptions } from './single-broker.ts'

/**
 * One broker for tests: that of `KAFKA_BROKERS`, else one in Docker where an engine answers, else
 * one from Kafka's Java archive.
 *
 * Whoever needs settings of a broker's own passes options, which a broker that was there before
 * cannot honour: `KAFKA_BROKERS` then does not count.
 */
export async function startKafka(options?: BrokerOptions): Promise<RunningKafka> {
  const brokers = process.env['KAFKA_BROKERS']
  if (brokers && options === undefined) return givenKafka(brokers)
  return (await dockerAnswers()) ? await startDockerKafka(options) : await startJavaKafka(options)
}
