import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ConfigError } from '../../../cli/config/config-error.ts'
import { resolveConfig, type ConfigInputs } from '../../../cli/config/resolve-config.ts'
import { flagOf, settingKeys, settings } from '../../../cli/config/settings.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'config-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(text: string): Promise<string> {
  const file = path.join(folder, 'streams.yaml')
  await writeFile(file, text)
  return file
}

async function problemsOf(inputs: ConfigInputs): Promise<string> {
  const error: unknown = await resolveConfig(inputs).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigError)
  return (error as ConfigError).message
}

const flags = (given: Record<string, string>): ReadonlyMap<string, string> =>
  new Map(Object.entries(given))

test('defaults fill everything and say so', async () => {
  const { config, sources } = await resolveConfig({ env: {} })
  expect(config).toMatchObject({
    applicationId: 'attribution',
    bootstrapServers: null,
    stateDir: './data',
    host: '127.0.0.1',
    port: 8080,
    outputFormat: 'avro',
    commitIntervalMs: 100,
    checkpointIntervalMs: 5000,
    observationTopics: ['attacker.observation'],
    multiActorWindowMs: 86_400_000,
    multiActorMinPrimitives: 2,
    maxFutureSkewMs: 3_600_000,
    observationRetentionMs: null,
    memoryBytesMax: 268_435_456,
    logRetentionMs: -1,
    logRetentionBytes: -1,
    apiTokensRead: [],
  })
  expect(new Set(Object.values(sources))).toEqual(new Set(['default']))
})

test('the fallback of every setting is one its own kind accepts', () => {
  for (const key of settingKeys) {
    const { fallback } = settings[key]
    const kind = settings[key].kind as {
      parse(raw: unknown): unknown
      show(value: unknown): string
    }
    if (fallback === null || (Array.isArray(fallback) && fallback.length === 0)) continue
    expect(kind.parse(kind.show(fallback)), key).toEqual(fallback)
  }
})

test('a flag wins over the environment, that over the file, that over the default', async () => {
  const file = await fileOf('PORT: 1001\nHOST: ::1\nLOG_LEVEL: warn\nPARTITIONS: 2\n')
  const { config, sources } = await resolveConfig({
    file,
    env: { PORT: '1002', HOST: 'localhost', LOG_LEVEL: 'debug' },
    flags: flags({ '--port': '1003', '--host': '127.0.0.2' }),
  })
  expect(config).toMatchObject({
    port: 1003,
    host: '127.0.0.2',
    logLevel: 'debug',
    partitions: 2,
    commitIntervalMs: 100,
  })
  expect(sources).toMatchObject({
    port: 'flag',
    logLevel: 'environment',
    partitions: `file ${file}`,
    commitIntervalMs: 'default',
  })
})

test('a JSON file does as well, with numbers, text and lists', async () => {
  const file = await fileOf(
    JSON.stringify({ PORT: '1', COMMIT_INTERVAL_MS: 50, OBSERVATION_TOPICS: ['a', 'b'] }),
  )
  const { config } = await resolveConfig({ file, env: {} })
  expect(config).toMatchObject({ port: 1, commitIntervalMs: 50, observationTopics: ['a', 'b'] })
})

test('an empty variable, and a file key without value, count as not given', async () => {
  const file = await fileOf('PARTITIONS:\n')
  const { sources } = await resolveConfig({ file, env: { PORT: '' } })
  expect(sources).toMatchObject({ port: 'default', partitions: 'default' })
})

test('topics may be a list or a pattern', async () => {
  const of = async (text: string) =>
    (await resolveConfig({ env: { OBSERVATION_TOPICS: text } })).config.observationTopics
  expect(await of('a, b.c')).toEqual(['a', 'b.c'])
  expect(await of('/attacker\\.observation.*/')).toEqual({ pattern: 'attacker\\.observation.*' })
})

test('a pattern that is no RE2, or that passes the embedded log by, is refused', async () => {
  const of = (text: string) => problemsOf({ env: { OBSERVATION_TOPICS: text } })
  expect(await of('/(/')).toContain('OBSERVATION_TOPICS (settings together)')
  expect(await of('/(?=a)b/')).toContain('RE2')
  expect(await of('/lab\\..+/')).toContain('expected a pattern that matches attacker.observation')
})

test('the resolved configuration cannot be changed', async () => {
  const { config } = await resolveConfig({ env: { OBSERVATION_TOPICS: 'a' } })
  expect(Object.isFrozen(config)).toBe(true)
  expect(Object.isFrozen(config.observationTopics)).toBe(true)
})

test('a bad value names key, source, what was expected and what was received', async () => {
  expect(await problemsOf({ env: { PORT: '99999' } })).toBe(
    'PORT (environment): expected a whole number, from 0 to 65535, received "99999"',
  )
  expect(await problemsOf({ env: {}, flags: flags({ '--commit-interval-ms': 'soon' }) })).toBe(
    '--commit-interval-ms (flag): expected a whole number, from 1 to 60000 of milliseconds, ' +
      'received "soon"',
  )
  expect(await problemsOf({ env: { OUTPUT_FORMAT: 'xml' } })).toContain(
    'expected one of avro, json, received "xml"',
  )
})

test.each([
  ['PORT', ['1.5', '0x10', '-1', '1e3', 'NaN', '١']],
  ['HOST', ['a b', '/']],
  ['APPLICATION_ID', ['', 'a/b', 'x'.repeat(101)].filter(Boolean)],
  ['OBSERVATION_TOPICS', ['a/b', ',', '//', 'x'.repeat(250)]],
  ['API_TOKENS_READ', ['secret', 'ab'.repeat(31)]],
  ['PROCESSING_GUARANTEE', ['at_most_once']],
])('%s refuses %j', async (name, values) => {
  for (const value of values) expect(await problemsOf({ env: { [name]: value } })).toContain(name)
})

test('all problems are told at once', async () => {
  const problems = await problemsOf({ env: { PORT: 'x', LOG_LEVEL: 'loud', COMMIT_INTERVAL: '1' } })
  expect(problems.split('\n')).toHaveLength(3)
})

test('a secret that is wrong is not repeated', async () => {
  const problems = await problemsOf({ env: { API_TOKENS_ADMIN: 'hunter2' } })
  expect(problems).not.toContain('hunter2')
})

test('an unknown key of a file is refused with the nearest known one', async () => {
  const unknown = async (key: string) => problemsOf({ file: await fileOf(`${key}: 1\n`), env: {} })
  expect(await unknown('COMIT_INTERVAL_MS')).toContain('did you mean COMMIT_INTERVAL_MS?')
  expect(await unknown('commitIntervalMs')).toContain('did you mean COMMIT_INTERVAL_MS?')
  expect(await unknown('commit-interval-ms')).toContain('did you mean COMMIT_INTERVAL_MS?')
  expect(await unknown('GARBAGE')).toMatch(/no such setting$/)
})

test.each(['COMIT_INTERVAL_MS', 'MULTI_ACTOR_WINDOW', 'OBSERVATION_TOPIC', 'API_TOKENS_WRTE'])(
  'the variable %s is refused: it looks like ours',
  async (name) => {
    expect(await problemsOf({ env: { [name]: '1' } })).toMatch(/no such setting; did you mean /)
  },
)

test.each(['PATH', 'HOME', 'LANG', 'HOSTNAME', 'LOGNAME', 'STATE_DIRECTORY', 'port', 'POST'])(
  'the variable %s is left to other programs',
  async (name) => {
    await expect(resolveConfig({ env: { [name]: '1' } })).resolves.toBeDefined()
  },
)

test.each([
  ['- a\n- b\n', 'expected settings'],
  ['PORT: [', 'not valid YAML or JSON'],
  ['PORT: 1\nPORT: 2\n', 'not valid YAML or JSON'],
  ['PORT: {a: 1}\n', 'expected a whole number'],
])('a file holding %j is refused: %s', async (text, why) => {
  expect(await problemsOf({ file: await fileOf(text), env: {} })).toContain(why)
})

test('a file that is not there is refused by its path', async () => {
  expect(await problemsOf({ file: '/nowhere/at.yaml', env: {} })).toBe(
    '/nowhere/at.yaml (flag --config): no such file',
  )
})

test('a protocol with credentials needs them, and a certificate its key', async () => {
  const servers = { BOOTSTRAP_SERVERS: 'localhost:9092' }
  const sasl = await problemsOf({ env: { ...servers, SECURITY_PROTOCOL: 'SASL_SSL' } })
  expect(sasl).toContain('SASL_USERNAME')
  expect(sasl).toContain('SASL_PASSWORD')
  const tls = await problemsOf({ env: { ...servers, SSL_CERTIFICATE_LOCATION: 'client.pem' } })
  expect(tls).toContain('SSL_KEY_LOCATION')
})

test('an address beyond this machine needs a token', async () => {
  expect(await problemsOf({ env: { HOST: '0.0.0.0' } })).toContain('API_TOKENS_READ')
  const digest = 'AB'.repeat(32)
  const { config } = await resolveConfig({ env: { HOST: '0.0.0.0', API_TOKENS_READ: digest } })
  expect(config.apiTokensRead).toEqual([digest.toLowerCase()])
})

test('a checkpoint is not wanted more often than a commit', async () => {
  const env = { COMMIT_INTERVAL_MS: '200', CHECKPOINT_INTERVAL_MS: '100' }
  expect(await problemsOf({ env })).toContain('CHECKPOINT_INTERVAL_MS (settings together)')
})

test('each setting has a flag of its own', () => {
  expect(new Set(settingKeys.map(flagOf)).size).toBe(settingKeys.length)
})
