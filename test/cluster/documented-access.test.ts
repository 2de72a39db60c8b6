import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { generateSample } from '../../cli/sample/generate-sample.ts'
import { workerTopic } from '../../schemas/topics.ts'
import { WORKERS } from '../../schemas/worker-records.ts'
import { runCli } from '../support/captured-terminal.ts'
import { ClusterTool } from '../support/kafka/cluster-tool.ts'
import { describeKafka } from '../support/kafka/kafka-availability.ts'
import {
  plainUsers,
  startSecureKafka,
  type SecureKafka,
} from '../support/kafka/start-secure-kafka.ts'
import { removeFolder, startInstance, temporaryFolder } from '../support/running-instance.ts'

/** What docs/kafka.md says an application needs is enough, and what it leaves out is not needed. */

const APPLICATION = 'guarded'
const inputs = [
  'attacker.observation',
  'attacker.observed',
  'identity.observation',
  'ttp.tag',
] as const
const compacted = ['identity.link', 'identity.evidence.generic'] as const
const outputs = [
  'attribution.profile.state_changed',
  'attribution.profile.multi_actor_suspected',
  'attribution.profile.multi_actor_cleared',
  'identity.formed',
  'identity.observation.linked',
  'identity.merged',
  'identity.unmerged',
  'identity.campaign.assigned',
  'campaign.formed',
  'campaign.identity.assigned',
  'campaign.merged',
  'campaign.unmerged',
  'system.identify.health',
  'system.campaign.health',
] as const

/** `DescribeConfigs` → `DESCRIBE_CONFIGS`, as Kafka's admin client has it. */
const constant = (name: string): string => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase()

/** `TOPIC:attacker.observed:READ`; a name that ends in `*` is a prefix. */
function documentedRules(): string[] {
  const page = readFileSync(new URL('../../docs/kafka.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => /^\| (Topic|Group|TransactionalId) /.test(line))
  return rows.flatMap((row) => {
    const [resource = '', names = '', operations = ''] = row
      .split('|')
      .slice(1)
      .map((cell) => cell.trim())
    return [...names.matchAll(/`([^`]+)`/g)].flatMap(([, name = '']) =>
      operations.split(', ').map((operation) => {
        const pattern = name.replace('<application>', APPLICATION).replace('…', '*')
        return `${constant(resource)}:${pattern}:${constant(operation)}`
      }),
    )
  })
}

await describeKafka('the access that docs/kafka.md asks for', () => {
  let secure: SecureKafka
  let folder: string
  let where: string[]
  beforeAll(async () => {
    folder = await temporaryFolder()
    secure = await startSecureKafka()
    const tool = new ClusterTool(secure.kafka.bootstrapServers)
    const stamped = { 'message.timestamp.type': 'LogAppendTime' }
    for (const name of inputs) await tool.createTopic(name, 2, 1, stamped)
    for (const name of compacted) {
      await tool.createTopic(name, 2, 1, { ...stamped, 'cleanup.policy': 'compact' })
    }
    for (const worker of WORKERS) {
      await tool.createTopic(workerTopic(worker, 'control'), 1, 1, stamped)
    }
    for (const name of outputs) await tool.createTopic(name, 2, 1)
    const rules = documentedRules()
    expect(rules).toContain(`TRANSACTIONAL_ID:${APPLICATION}-*:WRITE`)
    await tool.allow('User:limited', rules)
    const authority = path.join(folder, 'authority.pem')
    await writeFile(authority, secure.certificates.authority)
    where = [
      ...['--bootstrap-servers', secure.kafka.address('SASL_SSL')],
      ...['--application-id', APPLICATION],
      ...['--security-protocol', 'SASL_SSL', '--ssl-ca-location', authority],
      ...['--sasl-mechanism', 'PLAIN', '--sasl-username', 'limited'],
      ...['--sasl-password', plainUsers.limited],
    ]
  }, 180_000)
  afterAll(async () => {
    await secure.dispose()
    await removeFolder(folder)
  }, 60_000)

  it('lets an instance start, process, answer, stop, and be reset', async () => {
    const stateDir = path.join(folder, 'state')
    const { observations } = generateSample(Math.floor(Date.now() / 1000))
    const lines = observations.map((each) => `${JSON.stringify(each)}\n`).join('')
    const instance = await startInstance(stateDir, where)
    const sent = await instance.cli(['ingest', 'observations', '-', '--json'], { input: [lines] })
    expect(JSON.parse(sent.out)).toMatchObject({ accepted: observations.length, rejected: 0 })
    await instance.untilCaughtUp()
    const { attacker_uuid: attacker } = observations[0] as { attacker_uuid: string }
    const asked = await instance.cli(['query', 'attacker', attacker, '--json'])
    expect(JSON.parse(asked.out)).toMatchObject({ identity_uuid: expect.any(String) as unknown })
    expect(await instance.stop(), 'exit code').toBe(0)
    const reset = await runCli([
      ...['reset', '--to-earliest', '--execute', '--json', ...where],
      ...['--state-dir', stateDir],
    ])
    expect([reset.code, reset.err]).toEqual([0, ''])
  }, 120_000)

  it('does not reach what is another application’s', async () => {
    const outcome = await runCli([
      ...['reset', '--to-earliest', ...where, '--application-id', 'another'],
      ...['--state-dir', path.join(folder, 'other')],
    ])
    expect(outcome.code).not.toBe(0)
    expect(outcome.err).toMatch(/another.*ACL/)
  }, 60_000)
})
