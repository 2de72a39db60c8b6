import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateSample } from '../../cli/sample/generate-sample.ts'
import { BatchBuilder } from '../../broker/record-batch/batch-builder.ts'
import { runCli } from '../support/captured-terminal.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import { observationJson } from '../support/observation-lines.ts'
import {
  removeFolder,
  startInstance,
  temporaryFolder,
  type RunningInstance,
} from '../support/running-instance.ts'

const { observations } = generateSample(Math.floor(Date.now() / 1000))
const lines = (records: readonly object[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('')

await describeKafka('commands of operators beside a running instance', () => {
  let kafka: RunningKafka
  let folder: string
  let instance: RunningInstance | null = null
  const start = () => {
    const { bootstrapServers } = kafka
    const args = ['--bootstrap-servers', bootstrapServers, '--create-topics', 'all']
    return startInstance(path.join(folder, 'state'), args)
  }
  const command = async (...args: string[]) => {
    const where = ['--bootstrap-servers', kafka.bootstrapServers]
    const outcome = await runCli([...args, ...where, '--state-dir', path.join(folder, 'state')])
    return { ...outcome, answer: () => JSON.parse(outcome.out) as Record<string, unknown> }
  }

  beforeAll(async () => {
    folder = await temporaryFolder()
    kafka = await startKafka({})
    instance = await start()
    await instance.cli(['ingest', 'observations', '-'], { input: [lines(observations)] })
    const broker = await connectPlain(kafka.bootstrapServers)
    const producer = broker.producer()
    const records = new BatchBuilder()
    records.append(null, Buffer.from('{"broken'), Date.now())
    await producer.send([{ topic: 'attacker.observation', partition: 1, records }])
    await producer.close()
    await broker.close()
    await instance.untilCaughtUp()
  }, 180_000)
  afterAll(async () => {
    await instance?.stop()
    await kafka.dispose()
    await removeFolder(folder)
  }, 60_000)

  it('dlq lists, shows and sends back; what fails again counts its replays', async () => {
    const list = async () => (await command('dlq', 'list', '--json')).answer()
    expect(await list()).toMatchObject({
      matched: 1,
      dead_letters: [{ error: { class: 'DeserializationError' }, replay_count: 0 }],
    })
    const [{ offset }] = (await list())['dead_letters'] as [{ offset: number }]
    const shown = (await command('dlq', 'show', `0:${offset}`, '--json')).answer()
    expect(shown).toMatchObject({ value: { as: 'text', content: '{"broken' } })
    const sent = await command('dlq', 'replay', '--all', '--execute', '--json')
    expect(sent.code, sent.err).toBe(0)
    await instance!.untilCaughtUp()
    expect(await list()).toMatchObject({
      matched: 2,
      dead_letters: [{ replay_count: 0 }, { replay_count: 1, replayed_at_ms: null }],
    })
    const again = await command('dlq', 'replay', '--offsets', `0:${offset}`, '--execute', '--json')
    expect(again.answer()).toMatchObject({ sent: [], refused: [{ because: 'replayed' }] })
  }, 60_000)

  it('replay runs while the live application goes on, and finds no difference', async () => {
    const running = command('replay', '--as', 'beside', '--json', '--log-level', 'error')
    const more = observations.slice(0, 500).map((each, i) => ({ ...each, id: `more-${i}` }))
    await instance!.cli(['ingest', 'observations', '-'], { input: [lines(more)] })
    const replay = await running
    expect(replay.code, replay.err + replay.out).toBe(0)
    expect(replay.answer()).toMatchObject({ unexplained: 0 })
    await instance!.untilCaughtUp()
    const discarded = await command('replay', '--as', 'beside', '--discard')
    expect(discarded.code, discarded.err).toBe(0)
    const other = ['--max-future-skew-ms', '0', '--json', '--log-level', 'error']
    const fresh = observationJson('ahead', { ts: Date.now() / 1000 + 600 })
    await instance!.cli(['ingest', 'observations', '-'], { input: [lines([fresh])] })
    await instance!.untilCaughtUp()
    const strict = await command('replay', '--as', 'strict', '--delete', ...other)
    expect(strict.code, strict.err).toBe(1)
    expect(strict.answer()).toMatchObject({ unexplained: 1, differences: [{ kind: 'missing' }] })
  }, 120_000)

  it('reset refuses while a member is alive; afterwards everything is computed anew', async () => {
    const refused = await command('reset', '--to-earliest', '--execute')
    expect(refused.code).toBe(1)
    expect(refused.err).toContain('has members')
    const identities = async () =>
      (await (await fetch(new URL('/api/v1/identities', instance!.url))).json()) as {
        total: number
      }
    const { total } = await identities()
    await instance!.stop()
    const done = await command('reset', '--to-earliest', '--execute')
    expect(done.code, done.err).toBe(0)
    instance = await start()
    await instance.untilCaughtUp()
    expect((await identities()).total).toBe(total)
  }, 120_000)
})
