import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { cached } from './archive-cache.ts'
import { javaVersion } from './java-tools.ts'
import { kafkaVersion } from './versions.ts'

const run = promisify(execFile)
const here = import.meta.dirname

/** Kafka's jars and this folder's Java programs, ready to run. */
export interface KafkaArchive {
  /** In one fixed order: class data sharing compares it as a string. */
  readonly classPath: string
  /** The cache's folder for what depends on this Kafka, this Java and these programs. */
  readonly key: string
}

const javaSources = ['LocalBroker.java', 'TopicReader.java', 'ClusterTool.java']

/** Fetches (5 s) and compiles (2 s) at the first use on a machine. */
export async function kafkaArchive(): Promise<KafkaArchive> {
  const version = `kafka-${kafkaVersion}`
  const lib = await cached(path.join(version, 'lib'), async (target) => {
    await run('mvn', [
      '-q',
      '-B',
      '-f',
      path.join(here, 'kafka-pom.xml'),
      `-Dkafka.version=${kafkaVersion}`,
      'dependency:copy-dependencies',
      '-DincludeScope=runtime',
      `-DoutputDirectory=${target}`,
    ])
  })
  const jars = (await readdir(lib)).sort().map((jar) => path.join(lib, jar))
  const sources = javaSources.map((name) => path.join(here, 'java', name))
  const digest = createHash('sha256').update(await javaVersion())
  for (const source of sources) digest.update(await readFile(source))
  const key = path.join(version, `programs-${digest.digest('hex').slice(0, 12)}`)
  // A jar: class data is shared of jars only, not of folders.
  const programs = await cached(path.join(key, 'programs.jar'), async (target) => {
    await run('javac', ['-nowarn', '-cp', jars.join(':'), '-d', `${target}.classes`, ...sources])
    await run('jar', ['--create', '--file', target, '-C', `${target}.classes`, '.'])
    await rm(`${target}.classes`, { recursive: true })
  })
  return { classPath: [...jars, programs].join(':'), key }
}

/**
 * The archive of loaded classes (CDS) with which a broker starts in half the time.
 *
 * @param record runs a broker once in a directory of its own, with the JVM option given, which
 *   writes the archive when that broker ends of itself
 */
export async function sharedClasses(
  { key }: KafkaArchive,
  record: (jvmOption: string, directory: string) => Promise<void>,
): Promise<string> {
  return await cached(path.join(key, 'broker.jsa'), async (target) => {
    const directory = await mkdtemp(path.join(tmpdir(), 'attribution-kafka-'))
    try {
      await record(`-XX:ArchiveClassesAtExit=${target}`, directory)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
}
