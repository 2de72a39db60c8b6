import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import {
  plainUsers,
  startSecureKafka,
  type SecureKafka,
} from '../support/kafka/start-secure-kafka.ts'
import { beginStart, refusalIn, startToEnd, type Settings } from '../support/kafka/user-start.ts'
import { removeFolder, temporaryFolder } from '../support/running-instance.ts'

/** What the user of `start` is told by a cluster that does not let it in, or not everywhere. */
await describeKafka('start on a secured cluster', () => {
  let secure: SecureKafka
  let tool: ClusterTool
  let folder: string
  let count = 0

  beforeAll(async () => {
    folder = await temporaryFolder()
    secure = await startSecureKafka()
    tool = new ClusterTool(secure.kafka.bootstrapServers)
    const { authority, strangerAuthority } = secure.certificates
    await writeFile(path.join(folder, 'ca.pem'), authority)
    await writeFile(path.join(folder, 'stranger.pem'), strangerAuthority)
    await writeFile(path.join(folder, 'no.pem'), 'nothing of the kind')
    const creator = await beginStart(as('alice', { CREATE_TOPICS: 'all', PARTITIONS: '1' }))
    await creator.untilReady()
    await creator.stop()
  }, 120_000)
  afterAll(async () => {
    await secure.dispose()
    await removeFolder(folder)
  })

  const as = (user: keyof typeof plainUsers, more: Settings = {}): Settings => ({
    BOOTSTRAP_SERVERS: secure.kafka.address('SASL_SSL'),
    SECURITY_PROTOCOL: 'SASL_SSL',
    SASL_MECHANISM: 'PLAIN',
    SASL_USERNAME: user,
    SASL_PASSWORD: plainUsers[user],
    SSL_CA_LOCATION: path.join(folder, 'ca.pem'),
    STATE_DIR: path.join(folder, `state-${count++}`),
    APPLICATION_ID: user,
    ...more,
  })
  const expectRefused = async (settings: Settings, message: RegExp, code = 1): Promise<void> => {
    const outcome = await startToEnd(settings)
    expect({ code: outcome.code, said: refusalIn(outcome) }).toEqual({
      code,
      said: expect.stringMatching(message) as string,
    })
    expect(outcome.err + outcome.out).not.toContain('secret')
  }

  it('with a wrong password names the settings', async () => {
    await expectRefused(
      as('alice', { SASL_PASSWORD: 'wrong' }),
      /refuses to authenticate.*SASL_MECHANISM \(PLAIN\), SASL_USERNAME and SASL_PASSWORD/,
    )
  })

  it('with an expired certificate says whose', async () => {
    const expired = { BOOTSTRAP_SERVERS: secure.kafka.address('EXPIRED') }
    await expectRefused(as('alice', expired), /the broker's certificate has expired: renew it/)
  })

  it('with an unknown authority names the setting', async () => {
    const stranger = { SSL_CA_LOCATION: path.join(folder, 'stranger.pem') }
    await expectRefused(as('alice', stranger), /authority that is not trusted.*SSL_CA_LOCATION/)
  })

  it('with a file that is no certificate names it', async () => {
    const none = { SSL_CA_LOCATION: path.join(folder, 'no.pem') }
    await expectRefused(as('alice', none), /SSL_CA_LOCATION: .*no\.pem is no PEM file/)
  })

  it('without TLS on a listener that wants it names the protocol', async () => {
    const plain = { SECURITY_PROTOCOL: 'PLAINTEXT' }
    await expectRefused(as('alice', plain), /BOOTSTRAP_SERVERS.*SECURITY_PROTOCOL is PLAINTEXT/)
  })

  it('names one missing ACL after the other; with all of them the instance works', async () => {
    const steps: readonly (readonly [denied: RegExp, rules: readonly string[]])[] = [
      [/ACL operation Describe on it/, ['TOPIC:*:DESCRIBE']],
      [/settings of topic .*ACL operation DescribeConfigs/, ['TOPIC:*:DESCRIBE_CONFIGS']],
      [/topic "limited-.*ACL operation Create/, ['TOPIC:limited-*:CREATE']],
      [/group limited: .*ACL operation Read on the group/, ['GROUP:limited:READ']],
      [
        /transactional id limited-\d_0: .*ACL operation Write/,
        ['TRANSACTIONAL_ID:limited-*:WRITE', 'TRANSACTIONAL_ID:limited-*:DESCRIBE'],
      ],
      // Which of its inputs is fetched first is not determined.
      [/denies Read on Topic \S+: allow/, ['TOPIC:*:READ']],
    ]
    for (const [denied, rules] of steps) {
      await expectRefused(as('limited'), denied)
      await tool.allow('User:limited', rules)
    }
    const reader = await beginStart(as('alice', { APPLICATION_ID: 'alice' }))
    await reader.untilReady()
    await reader.observe('first')
    await reader.stop()

    await expectRefused(as('limited'), /denies Write on Topic .*an ACL is missing/)
    await tool.allow('User:limited', ['TOPIC:*:WRITE'])
    const start = await beginStart(as('limited'))
    await start.untilReady()
    await start.untilCounted(1)
    expect((await start.stop()).code).toBe(0)
  }, 120_000)
})
