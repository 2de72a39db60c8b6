import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { propertiesText, type Properties } from './broker-properties.ts'
import { classDataOptions } from './class-data.ts'
import { kafkaArchive } from './kafka-archive.ts'

export interface ToolCall {
  /** A program of java/ that takes a file of client properties first. */
  readonly program: 'TopicReader' | 'ClusterTool'
  /** Kafka's client settings; `bootstrap.servers` at least. */
  readonly client: Properties
  readonly args: readonly string[]
}

/** Runs one of our Java programs to its end. @throws with what it said when it failed */
export async function runJavaTool(
  { program, client, args }: ToolCall,
  onOutput: (chunk: Buffer) => void,
): Promise<void> {
  const archive = await kafkaArchive()
  const classData = await classDataOptions(archive)
  const directory = await mkdtemp(path.join(tmpdir(), 'attribution-tool-'))
  try {
    const file = path.join(directory, 'client.properties')
    await writeFile(file, propertiesText(client))
    const jvm = [...classData, '-Xmx256m', '-XX:+UseSerialGC', '-cp', archive.classPath]
    const log = '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'
    await untilEnd([...jvm, log, program, file, ...args], onOutput)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function untilEnd(args: string[], onOutput: (chunk: Buffer) => void): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const child = spawn('java', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let errors = ''
    child.stdout.on('data', onOutput)
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new Error(`${args.at(-1)}: exit code ${code}\n${errors.slice(-4000)}`))
    })
  })
}
