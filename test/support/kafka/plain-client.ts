import { systemClock } from '../../../broker/clock.ts'
import { KafkaBroker } from '../../../broker/kafka/kafka-broker.ts'

/** The client under test, without TLS or names. */
export async function connectPlain(
  bootstrapServers: string,
  clientId = 'tests',
): Promise<KafkaBroker> {
  return await KafkaBroker.connect({
    bootstrapServers: bootstrapServers.split(','),
    clientId,
    security: { protocol: 'PLAINTEXT' },
    clock: systemClock,
  })
}
