import { afterAll, beforeAll } from 'vitest'
import { schemaRegistryContract } from '../contract/schema-registry.ts'
import {
  type RunningRegistry,
  startSchemaRegistry,
} from '../support/kafka/start-schema-registry.ts'

let registry: RunningRegistry

// The first time on a machine Maven fetches it.
beforeAll(async () => {
  registry = await startSchemaRegistry()
}, 300_000)

afterAll(() => registry.dispose())

schemaRegistryContract('Apicurio', () => ({
  url: registry.url,
  stop: () => registry.kill(),
  start: () => registry.start(),
}))
