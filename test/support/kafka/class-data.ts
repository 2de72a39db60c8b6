import { sharedClasses, type KafkaArchive } from './kafka-archive.ts'
import { singleBroker } from './single-broker.ts'

/** The JVM options that let a broker start from shared class data; recorded at the first use (4 s). */
export async function classDataOptions(archive: KafkaArchive): Promise<string[]> {
  const file = await sharedClasses(archive, async (jvmOption, directory) => {
    const { node } = await singleBroker(archive, directory, [jvmOption])
    await node.start()
    await node.stop()
  })
  return [`-XX:SharedArchiveFile=${file}`]
}
