import { brokerContract } from '../contract/broker.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { kafkaHarness } from '../support/kafka/kafka-harness.ts'
import { sharedKafka } from '../support/kafka/shared-kafka.ts'

await describeKafka(
  'one broker',
  () =>
    brokerContract(
      kafkaHarness('Kafka', async () => ({
        bootstrapServers: await sharedKafka(),
        dispose: () => Promise.resolve(),
      })),
    ),
  'any broker',
)
