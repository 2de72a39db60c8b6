import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import type { KafkaBroker } from '../../../../broker/kafka/kafka-broker.ts'
import { eventually, uniqueName } from '../../../support/broker-records.ts'
import { compileProgram, type CompiledProgram } from '../../../support/compiled-program.ts'
import { describeKafka } from '../../../support/kafka/kafka-availability.ts'
import { connectPlain } from '../../../support/kafka/plain-client.ts'
import { sharedKafka } from '../../../support/kafka/shared-kafka.ts'

const SESSION_TIMEOUT_MS = process.env['KAFKA_BROKERS'] ? 6000 : 3000
const ALL = '[0,1,2,3,4,5]'

/** A member in a process of its own, and what it said. */
class MemberProcess {
  readonly child: ChildProcess
  readonly lines: string[] = []

  constructor(file: string, args: readonly string[]) {
    this.child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
    let rest = ''
    this.child.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
      const pieces = (rest + chunk).split('\n')
      rest = pieces.pop()!
      this.lines.push(...pieces)
    })
  }

  /** Generation and partitions of its assignments. */
  get assignments(): string[] {
    return this.lines.flatMap((line) => /^assigned (.*)$/.exec(line)?.[1] ?? [])
  }

  /** The partitions of its newest. */
  get owned(): string | undefined {
    return this.assignments.at(-1)?.split(' ')[1]
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const exited = once(this.child, 'exit')
    this.child.kill(signal)
    await exited
  }
}

await describeKafka(
  'members of a Kafka group in processes of their own',
  () => {
    let program: CompiledProgram
    let bootstrapServers: string
    let broker: KafkaBroker
    let topic: string
    const processes: MemberProcess[] = []

    beforeAll(async () => {
      program = await compileProgram('test/broker/kafka/group/member-child.ts')
      bootstrapServers = await sharedKafka()
      broker = await connectPlain(bootstrapServers)
      topic = uniqueName('processes')
      await broker.createTopics([{ name: topic, partitions: 1 }])
    }, 120_000)

    afterEach(() => {
      for (const { child } of processes.splice(0)) child.kill('SIGKILL')
    })

    afterAll(async () => {
      await broker.close()
      await program.dispose()
    })

    const start = (
      groupId: string,
      instanceId = '',
      sessionTimeoutMs = SESSION_TIMEOUT_MS,
    ): MemberProcess => {
      const args = [bootstrapServers, groupId, topic, sessionTimeoutMs.toString(), instanceId]
      const started = new MemberProcess(program.file, args)
      processes.push(started)
      return started
    }
    const until = (holds: () => boolean): Promise<void> =>
      eventually(() => Promise.resolve(holds()), SESSION_TIMEOUT_MS + 20_000)

    it('take over from one that leaves, at once, and from one that is killed', async () => {
      const groupId = uniqueName('processes')
      // Its session outlasts the case: who takes over has been told.
      const first = start(groupId, '', 300_000)
      const [second, third] = [start(groupId), start(groupId)] as const
      await until(() => [first, second, third].every((m) => m.owned?.split(',').length === 2))
      await first.end('SIGTERM')
      await until(() => second.owned?.split(',').length === 3)
      expect(first.lines.at(-1)).toBe('left')
      await second.end('SIGKILL')
      await until(() => third.owned === ALL)
      expect(third.lines).not.toContain('lost')
    }, 60_000)

    it('commit nothing more when they were stopped for longer than a session', async () => {
      const groupId = uniqueName('processes')
      const [zombie, other] = [start(groupId), start(groupId)] as const
      await until(() => [zombie, other].every((m) => m.owned?.split(',').length === 3))
      zombie.child.kill('SIGSTOP')
      await until(() => other.owned === ALL)
      const before = zombie.lines.length
      zombie.child.kill('SIGCONT')
      await until(() => zombie.lines.slice(before).some((line) => line.startsWith('assigned')))
      const after = zombie.lines.slice(before)
      // What it had sent before it was stopped may have been answered since.
      const untilLost = after.slice(0, after.indexOf('lost'))
      expect(after).toContain('lost')
      expect(untilLost.filter((line) => line.startsWith('committed')).length).toBeLessThanOrEqual(1)
      expect(after.findIndex((line) => line.startsWith('assigned'))).toBeGreaterThan(
        after.indexOf('lost'),
      )
      await until(() => zombie.owned?.split(',').length === 3 && other.owned !== ALL)
      expect(other.lines).not.toContain('lost')
    }, 60_000)

    it('keep their share when they are static, killed and started again in time', async () => {
      const groupId = uniqueName('processes')
      const [first, second] = [start(groupId, 'first'), start(groupId, 'second')] as const
      await until(() => [first, second].every((m) => m.owned?.split(',').length === 3))
      const seen = [first.assignments.length, second.assignments.length]
      // Both, so that a leader and a follower return.
      for (const [name, killed] of Object.entries({ first, second })) {
        await killed.end('SIGKILL')
        const again = start(groupId, name)
        await until(() => again.assignments.length > 0)
        expect(again.assignments).toEqual([killed.assignments.at(-1)])
        await until(() => again.lines.some((line) => line.startsWith('committed')))
      }
      expect([first.assignments.length, second.assignments.length]).toEqual(seen)
    }, 60_000)
  },
  'any broker',
)
