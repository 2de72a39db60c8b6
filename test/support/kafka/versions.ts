/** Versions of what the tests run against; docker-compose.yml names the same. */
export const kafkaVersion = '4.3.1'
export const kafkaImage = `apache/kafka:${kafkaVersion}`

/** The newest that runs on Java 17 and that Maven unpacks without further repositories. */
export const registryVersion = '2.6.13.Final'
export const registryImage = `apicurio/apicurio-registry-mem:${registryVersion}`
