import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Broker } from '../../broker/port.ts'
import { RocksDbDatabase } from '../../state/rocksdb-database.ts'
import { runCli } from '../support/captured-terminal.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { freePorts } from '../support/kafka/free-ports.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import {
  beginStart,
  refusalIn,
  startToEnd,
  type Settings,
  type UserStart,
} from '../support/kafka/user-start.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

const INPUT = 'attacker.observation'

/** Each start is refused with one message; once that is mended, it goes on with what it had. */
await describeKafka('start in wrong surroundings', () => {
  let kafka: RunningKafka
  let broker: Broker
  let folder: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    kafka = await startKafka({})
    broker = await connectPlain(kafka.bootstrapServers)
  }, 120_000)
  afterAll(async () => {
    await broker.close()
    await kafka.dispose()
    await removeFolder(folder)
  })

  const settings = (applicationId = 'plain'): Settings => ({
    BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    APPLICATION_ID: applicationId,
    STATE_DIR: path.join(folder, applicationId),
    PARTITIONS: '1',
  })
  const expectRefused = async (given: Settings, message: RegExp, code: number): Promise<void> => {
    const outcome = await startToEnd(given)
    expect({ code: outcome.code, said: refusalIn(outcome) }).toEqual({
      code,
      said: expect.stringMatching(message) as string,
    })
  }
  const running = async (given: Settings): Promise<UserStart> => {
    const start = await beginStart(given)
    await start.untilReady()
    return start
  }
  const reset = async (given: Settings): Promise<void> => {
    const env = { LOG_LEVEL: 'warn', ...given }
    const { code, err } = await runCli(['reset', '--to-earliest', '--execute'], { env })
    expect({ code, err }).toEqual({ code: 0, err: '' })
  }

  it('without a broker there, or with no address, names the setting', async () => {
    const [first, second] = await freePorts(2)
    const at = (servers: string): Settings => ({ ...settings(), BOOTSTRAP_SERVERS: servers })
    const nobody = /no Kafka broker can be used at \S+: start it, or correct BOOTSTRAP_SERVERS/
    await expectRefused(at(`127.0.0.1:${first}`), nobody, 1)
    await expectRefused(at(`127.0.0.1:${first},127.0.0.1:${second}`), nobody, 1)
    await expectRefused(at('localhost'), /BOOTSTRAP_SERVERS.*host:port/, 2)
  })

  it('names all missing topics at once', async () => {
    const topics = [
      'attacker.observation',
      'attacker.observed',
      'attribution.profile.multi_actor_cleared',
      'attribution.profile.multi_actor_suspected',
      'attribution.profile.state_changed',
      'campaign.formed',
      'campaign.identity.assigned',
      'campaign.merged',
      'campaign.unmerged',
      'identity.campaign.assigned',
      'identity.evidence.generic',
      'identity.formed',
      'identity.link',
      'identity.merged',
      'identity.observation',
      'identity.observation.linked',
      'identity.unmerged',
      'system.campaign.control',
      'system.campaign.health',
      'system.identify.control',
      'system.identify.health',
      'ttp.tag',
    ]
    await expectRefused(settings(), new RegExp(`do not exist: ${topics.join(', ')}; create`), 2)
    const start = await running({ ...settings(), CREATE_TOPICS: 'all' })
    await start.observe('first')
    await start.untilCounted(1)
    await start.stop()
  })

  it('leaves a state directory to the instance that has it', async () => {
    const first = await running(settings())
    await expectRefused(settings(), /another process runs on \S+: stop it, or choose another/, 1)
    await first.observe('second')
    await first.untilCounted(2)
    await first.stop()
  })

  it('touches no directory of another program, or of a newer version', async () => {
    const task = path.join(folder, 'foreign', 'state', 'foreign', '0_0')
    await mkdir(task, { recursive: true })
    await writeFile(path.join(task, 'notes.txt'), 'mine')
    await expectRefused(settings('foreign'), /0_0 is not a state directory: it holds notes\.txt/, 1)
    await rm(task, { recursive: true })
    const format = { name: 'attribution-streams-task', version: 99 }
    await (await RocksDbDatabase.open(task, { format })).close()
    await expectRefused(settings('foreign'), /format 99.*run the newer one/, 1)
    await rm(task, { recursive: true })
    const start = await running(settings('foreign'))
    await start.untilCounted(2)
    await start.stop()
  })

  it('refuses internal topics that would lose state', async () => {
    const changelog = (id: string) => `${id}-attribution-profiles-changelog`
    const compact = { cleanupPolicy: 'compact' } as const
    await broker.createTopics([
      { name: changelog('policy'), partitions: 1, config: { cleanupPolicy: 'delete' } },
      { name: changelog('count'), partitions: 3, config: compact },
    ])
    const policy = /policy-\S+-changelog has cleanup policy delete, expected compact: set it back/
    await expectRefused(settings('policy'), policy, 2)
    const count = /count-\S+-changelog has 3 partitions, the topology needs 1:.*reset/
    await expectRefused(settings('count'), count, 2)
    await broker.deleteTopics([changelog('policy'), changelog('count')])
    const start = await running(settings('policy'))
    await start.untilCounted(2)
    await start.stop()
  })

  it('does not count again what it has counted when its positions expired', async () => {
    const admin = broker.groupAdmin('plain')
    await admin.deleteOffsets(await admin.committed())
    await expectRefused(settings(), /has state, but its positions in .* expired.*reset/, 1)
    await reset(settings())
    const start = await running(settings())
    await start.untilCounted(2)
    await start.stop()
  })

  it('does not take an input that was created again for the one it knew', async () => {
    const [input] = await broker.describeTopics([INPUT])
    await broker.deleteTopics([INPUT])
    await broker.createTopics([input!])
    await expectRefused(
      settings(),
      /(attacker\.observation was deleted and created again|its positions in .* are gone).*reset/,
      1,
    )
    await reset(settings())
    const start = await running(settings())
    await start.observe('third')
    await start.untilCounted(1)
    await start.stop()
  })

  it('does not take an empty changelog for its state', async () => {
    const changelog = 'plain-attribution-profiles-changelog'
    await broker.deleteTopics([changelog])
    await expectRefused(settings(), /plain-\S+-changelog was deleted and created again.*reset/, 1)
    await reset(settings())
    const start = await running(settings())
    await start.untilCounted(1)
    await start.stop()
  })

  it('refuses inputs that have more partitions than its state', async () => {
    const tool = new ClusterTool(kafka.bootstrapServers)
    await tool.addPartitions(INPUT, 2)
    await expectRefused(settings(), /equal partition counts.*attacker\.observation has 2/, 2)
    for (const name of ['attacker.observed', 'identity.observation', 'ttp.tag']) {
      await tool.addPartitions(name, 2)
    }
    await expectRefused(settings(), /has 1 partitions, the topology needs 2:.*reset/, 2)
    await reset(settings())
    const start = await running(settings())
    await start.untilCounted(1)
    await start.stop()
  })
})
