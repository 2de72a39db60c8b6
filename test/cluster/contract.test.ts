import { brokerContract } from '../contract/broker.ts'
import { startJavaKafka } from '../support/kafka/java-kafka.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { kafkaHarness } from '../support/kafka/kafka-harness.ts'
import { startKafkaCluster } from '../support/kafka/start-kafka-cluster.ts'

await describeKafka('three brokers', () =>
  brokerContract(kafkaHarness('Kafka, three brokers', () => startKafkaCluster())),
)

await describeKafka('the older transaction protocol', () =>
  brokerContract(
    kafkaHarness('Kafka, transaction.version 0', () => startJavaKafka({ transactionVersion: 0 })),
  ),
)
