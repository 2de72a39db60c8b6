import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { cached } from './archive-cache.ts'
import { freePorts } from './free-ports.ts'
import { JavaProcess } from './java-process.ts'
import { registryVersion } from './versions.ts'

const run = promisify(execFile)

/** Apicurio, by Confluent's interface; schemas are in memory and end with it. */
export interface RunningRegistry {
  /** For clients of Confluent's registry. */
  readonly url: string
  /** SIGKILL; `start` begins anew, with no schemas. */
  kill(): Promise<void>
  start(): Promise<void>
  dispose(): Promise<void>
}

/** Ready in 3 s; the first time on a machine Maven fetches 140 MB. */
export async function startSchemaRegistry(): Promise<RunningRegistry> {
  const archive = await registryArchive()
  const directory = await mkdtemp(path.join(tmpdir(), 'attribution-registry-'))
  const [port] = await freePorts(1)
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`
  let registry: JavaProcess | undefined
  const running: RunningRegistry = {
    url,
    kill: async () => {
      await registry?.kill()
    },
    start: async () => {
      registry = registryProcess(archive, port!, directory)
      await registry.untilReady(() => answers(`${url}/subjects`), 60_000)
    },
    dispose: async () => {
      await registry?.kill()
      await rm(directory, { recursive: true, force: true })
    },
  }
  try {
    await running.start()
  } catch (error) {
    await running.dispose()
    throw error
  }
  return running
}

async function registryArchive(): Promise<string> {
  return await cached(`schema-registry-${registryVersion}`, async (target) => {
    const markers = await mkdtemp(path.join(tmpdir(), 'attribution-unpack-'))
    try {
      await run('mvn', [
        '-q',
        '-B',
        '-f',
        path.join(import.meta.dirname, 'registry-pom.xml'),
        `-Dregistry.version=${registryVersion}`,
        `-Dmarkers.directory=${markers}`,
        `-DoutputDirectory=${target}`,
        'dependency:unpack',
      ])
    } finally {
      await rm(markers, { recursive: true, force: true })
    }
  })
}

function registryProcess(archive: string, port: number, directory: string): JavaProcess {
  return new JavaProcess({
    args: [
      '-Xms64m',
      '-Xmx256m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dquarkus.http.host=127.0.0.1',
      `-Dquarkus.http.port=${port}`,
      '-jar',
      path.join(archive, `apicurio-registry-app-${registryVersion}-runner.jar`),
    ],
    logFile: path.join(directory, 'registry.log'),
    directory,
  })
}

async function answers(url: string): Promise<boolean> {
  return await fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
}
