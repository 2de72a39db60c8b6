import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, cp, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { cached } from '../../test/support/kafka/archive-cache.ts'

const run = promisify(execFile)

/**
 * The yardstick: the same topology on Kafka Streams, built once a machine, and the programs beside
 * it that fill the topic and watch a group's progress.
 */
export class StreamsPeer {
  readonly #classPath: string

  private constructor(classPath: string) {
    this.#classPath = classPath
  }

  /** @returns null when the sources are not there */
  static async build(source: string): Promise<StreamsPeer | null> {
    const program = path.join(source, 'src/main/java/peer/Peer.java')
    try {
      await access(program)
    } catch {
      return null
    }
    const digest = createHash('sha256')
      .update(await readFile(program))
      .digest('hex')
      .slice(0, 12)
    const lib = await cached(`streams-peer-${digest}`, async (target) => {
      const project = `${target}.project`
      await cp(source, project, { recursive: true })
      const goals = ['package', 'dependency:copy-dependencies', `-DoutputDirectory=${target}`]
      await run('mvn', ['-q', '-B', ...goals], { cwd: project })
      for (const name of await readdir(path.join(project, 'target'))) {
        if (name.endsWith('.jar'))
          await cp(path.join(project, 'target', name), path.join(target, name))
      }
      await rm(project, { recursive: true })
    })
    return new StreamsPeer(path.join(lib, '*'))
  }

  /** Fills a topic, which it creates. */
  async fill(
    bootstrapServers: string,
    topic: string,
    partitions: number,
    records: number,
    identities: number,
  ): Promise<void> {
    await this.#call('gen', bootstrapServers, topic, partitions, records, identities, 7)
  }

  /** @returns records/s between 10 % and 90 % of the topic, by the group's committed offsets */
  async watch(bootstrapServers: string, group: string, topic: string): Promise<number> {
    const text = await this.#call('watch', bootstrapServers, group, topic)
    const found = /records\/s (\d+)/.exec(text)
    if (found === null) throw new Error(`${group} did not get through: ${text}`)
    return Number(found[1])
  }

  start(
    bootstrapServers: string,
    group: string,
    input: string,
    output: string,
    threads: number,
    stateDir: string,
  ): ChildProcess {
    const options = ['-Dcache=134217728', '-Dcommit=100', '-cp', this.#classPath]
    const args = [
      'peer.Peer',
      'run',
      bootstrapServers,
      group,
      input,
      output,
      threads,
      'eos',
      stateDir,
    ]
    return spawn('java', [...options, ...args.map(String)], { stdio: 'ignore' })
  }

  async #call(...args: readonly (string | number)[]): Promise<string> {
    const { stdout } = await run('java', ['-cp', this.#classPath, 'peer.Peer', ...args.map(String)])
    return stdout
  }
}
