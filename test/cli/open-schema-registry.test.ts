import { afterEach, beforeEach, expect, test } from 'vitest'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { openSchemaRegistry, readSchemaRegistry } from '../../cli/open-schema-registry.ts'
import { startFailure } from '../../cli/start-failure.ts'
import { InProcessRegistry } from '../../schemas/in-process-registry.ts'
import { RegistryServer } from '../support/registry-server.ts'

let server: RegistryServer
beforeEach(async () => {
  server = new RegistryServer()
  await server.start()
})
afterEach(() => server.stop())

const configOf = async (env: NodeJS.ProcessEnv) => (await resolveConfig({ env })).config
const withServer = (env: NodeJS.ProcessEnv = {}) =>
  configOf({ SCHEMA_REGISTRY_URL: server.url, ...env })

async function refusal(env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  const config = await withServer(env)
  return openSchemaRegistry(config).catch((error: unknown) => startFailure(error, config))
}

test('every schema that the product writes by is registered at start', async () => {
  await openSchemaRegistry(await withServer({ OBSERVATION_TOPICS: 'lab.observation,other' }))
  expect([...server.subjects.keys()].sort()).toEqual([
    'attacker.observed-value',
    'attribution.profile.multi_actor_cleared-value',
    'attribution.profile.multi_actor_suspected-value',
    'attribution.profile.state_changed-value',
    'campaign.formed-value',
    'campaign.identity.assigned-value',
    'campaign.merged-value',
    'campaign.unmerged-value',
    'identity.campaign.assigned-value',
    'identity.evidence.generic-value',
    'identity.formed-value',
    'identity.link-value',
    'identity.merged-value',
    'identity.observation.linked-value',
    'identity.unmerged-value',
    'lab.observation-value',
    'system.campaign.control-value',
    'system.campaign.health-value',
    'system.identify.control-value',
    'system.identify.health-value',
    'ttp.tag-value',
  ])
  expect(new Set(server.levels.values())).toEqual(new Set(['BACKWARD']))
})

test('nothing is registered by who writes JSON, or only reads', async () => {
  await openSchemaRegistry(await withServer({ OUTPUT_FORMAT: 'json' }))
  await readSchemaRegistry(await withServer())
  expect(server.requests).toEqual(['GET /subjects', 'GET /subjects'])
})

test('without a registry the product knows its own schemas', async () => {
  expect(await openSchemaRegistry(await configOf({}))).toBeInstanceOf(InProcessRegistry)
})

test('a subject of another program refuses the start and is named', async () => {
  const schema = { type: 'record', name: 'Other', fields: [{ name: 'x', type: 'long' }] }
  server.add('attacker.observed-value', { schema: JSON.stringify(schema) })
  const failure = await refusal()
  expect(failure).toMatchObject({ name: 'CommandFailure', exitCode: 2 })
  expect(String(failure)).toContain('attacker.observed-value')
})

test('a registry that does not answer ends the start, and says where it was sought', async () => {
  await server.stop()
  const failure = await refusal()
  expect(failure).toMatchObject({ name: 'CommandFailure', exitCode: 1 })
  expect(String(failure)).toContain(`no schema registry answers at ${server.url}`)
})

test.each([
  [{ SCHEMA_REGISTRY_URL: 'http://user:secret@host:8081' }, 'without user name'],
  [{ SCHEMA_REGISTRY_URL: 'host:8081' }, 'http(s) URL'],
  [{ SCHEMA_REGISTRY_USERNAME: 'u' }, 'belong together'],
])('%j is refused', async (env, message) => {
  await expect(configOf(env)).rejects.toThrow(message)
})
