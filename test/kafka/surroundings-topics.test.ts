import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Broker } from '../../broker/port.ts'
import { runCli } from '../support/captured-terminal.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import { connectPlain } from '../support/kafka/plain-client.ts'
import type { RunningKafka } from '../support/kafka/running-kafka.ts'
import { startKafka } from '../support/kafka/start-kafka.ts'
import {
  beginStart,
  refusalIn,
  type Settings,
  type UserStart,
} from '../support/kafka/user-start.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

/** The topics of a running instance change: it ends with one message, and goes on when told how. */
await describeKafka('an instance whose topics change under it', () => {
  let kafka: RunningKafka
  let broker: Broker
  let folder: string

  beforeAll(async () => {
    folder = await temporaryFolder()
    kafka = await startKafka({})
    broker = await connectPlain(kafka.bootstrapServers)
    // What the applications share is there before they start side by side.
    const first = await beginStart(settings('shared'))
    await first.untilReady()
    await first.stop()
  }, 120_000)
  afterAll(async () => {
    await broker.close()
    await kafka.dispose()
    await removeFolder(folder)
  })

  const settings = (name: string): Settings => ({
    BOOTSTRAP_SERVERS: kafka.bootstrapServers,
    APPLICATION_ID: name,
    OBSERVATION_TOPICS: `${name}.observation`,
    STATE_DIR: path.join(folder, name),
    PARTITIONS: '1',
    CREATE_TOPICS: 'all',
  })
  const running = async (name: string): Promise<UserStart> => {
    const start = await beginStart(settings(name))
    await start.untilReady()
    return start
  }
  const expectEnd = async (start: UserStart, message: RegExp): Promise<void> => {
    const outcome = await start.outcome
    expect({ code: outcome.code, said: refusalIn(outcome) }).toEqual({
      code: 1,
      said: expect.stringMatching(message) as string,
    })
  }
  const reset = async (name: string): Promise<void> => {
    const env = { LOG_LEVEL: 'warn', ...settings(name) }
    const { code, err } = await runCli(['reset', '--to-earliest', '--execute'], { env })
    expect({ code, err }).toEqual({ code: 0, err: '' })
  }

  // Each waits for the watch, which looks every ten seconds: side by side.
  describe.concurrent('ends and says how to go on when', { timeout: 60_000 }, () => {
    it('an input is deleted', async () => {
      const start = await running('deleted')
      await start.observe('a', 'b')
      await start.untilCounted(2)
      await broker.deleteTopics(['deleted.observation'])
      await expectEnd(
        start,
        /input topic deleted\.observation was deleted.*To go on, create.*reset/,
      )
      await reset('deleted')
      const again = await running('deleted')
      await again.observe('c')
      await again.untilCounted(1)
      await again.stop()
    })

    it('an input is deleted and created again with other records', async () => {
      const start = await running('replaced')
      await start.observe('a')
      await start.untilCounted(1)
      const [input] = await broker.describeTopics(['replaced.observation'])
      await broker.deleteTopics([input!.name])
      await broker.createTopics([input!])
      await expectEnd(
        start,
        /replaced\.observation was deleted and created again.*To go on, run .*reset/,
      )
      await reset('replaced')
      const again = await running('replaced')
      await again.observe('b', 'c', 'd')
      await again.untilCounted(3)
      await again.stop()
    })

    it('an input that nothing was read of is created again', async () => {
      const start = await running('unread')
      const [input] = await broker.describeTopics(['unread.observation'])
      await broker.deleteTopics([input!.name])
      await broker.createTopics([input!])
      await expectEnd(start, /unread\.observation was deleted and created again/)
    })

    it('an input is given partitions', async () => {
      const start = await running('widened')
      await new ClusterTool(kafka.bootstrapServers).addPartitions('widened.observation', 3)
      await expectEnd(
        start,
        /input topic widened\.observation has 3 partitions instead of 1.*reset.*APPLICATION_ID/,
      )
    })

    it('a changelog is deleted', async () => {
      const start = await running('stateless')
      await start.observe('a')
      await start.untilCounted(1)
      await broker.deleteTopics(['stateless-attribution-profiles-changelog'])
      await expectEnd(start, /internal topic stateless-\S+-changelog was deleted.*reset/)
      await reset('stateless')
      const again = await running('stateless')
      await again.untilCounted(1)
      await again.stop()
    })
  })
})
