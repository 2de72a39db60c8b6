import { readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { resolveConfig } from '../../cli/config/resolve-config.ts'
import { settingNames } from '../../cli/config/settings.ts'
import manifest from '../../package.json' with { type: 'json' }
import { kafkaImage, registryVersion } from '../support/kafka/versions.ts'
import { composeSchema } from './compose-schema.ts'

/** docker-compose.yml by itself: nothing is started. */

interface Service {
  readonly image: string
  readonly build?: string
  readonly environment: Readonly<Record<string, string>>
  readonly depends_on?: Readonly<Record<string, unknown>>
  readonly ports?: readonly string[]
  readonly volumes?: readonly string[]
  readonly healthcheck?: object
  readonly read_only?: boolean
  readonly tmpfs?: readonly string[]
  readonly stop_grace_period?: string
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly volumes: Readonly<Record<string, null>>
}

const read = (name: string): string =>
  readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')

const compose = parse(read('docker-compose.yml'), { merge: true, strict: true }) as Compose
const services = Object.entries(compose.services)
const instances = services.filter(([, { build }]) => build !== undefined)
const example = read('.env.example')

/** `${NAME:?message}` → NAME: what compose refuses to start without. */
const demanded = (value: string): string | undefined => /^\$\{([A-Z_]+):\?[^}]+\}$/.exec(value)?.[1]

test('docker-compose.yml fits its schema, without a key that compose might pass over', () => {
  const fits = new Ajv2020({ allErrors: true, strict: true, strictTuples: false }).compile(
    composeSchema,
  )
  fits(compose)
  expect(fits.errors ?? []).toEqual([])
})

test('images are the versions that the tests run against, and the program’s own', () => {
  const { kafka, registry } = compose.services
  expect(kafka?.image).toBe(kafkaImage)
  expect(registry?.image).toMatch(/^apicurio\/apicurio-registry-/)
  expect(registry?.image.split(':')[1]).toBe(registryVersion)
  // That variant keeps schemas in memory, and ids would be given anew after a restart.
  expect(registry?.image).not.toContain('-mem:')
  for (const [, { image }] of instances) expect(image).toBe(`${manifest.name}:${manifest.version}`)
})

test('everything that a service waits for or mounts is there', () => {
  const mounted = services.flatMap(([, { volumes = [] }]) => volumes.map((v) => v.split(':')[0]!))
  expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort())
  for (const [name, { depends_on = {} }] of services) {
    for (const other of Object.keys(depends_on)) {
      expect(compose.services[other]?.healthcheck, `${name} waits for ${other}`).toBeDefined()
    }
  }
})

test('ports differ, and are open to this machine only', () => {
  const ports = services.flatMap(([, service]) => service.ports ?? [])
  expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([])
  expect(new Set(ports.map((port) => port.split(':')[1])).size).toBe(ports.length)
})

describe('the instances', () => {
  test('are two, and differ in name, address, port and state', () => {
    expect(instances).toHaveLength(2)
    for (const of of [
      ({ environment }: Service) => environment['GROUP_INSTANCE_ID'],
      ({ environment }: Service) => environment['APPLICATION_SERVER'],
      ({ ports }: Service) => ports?.join(),
      ({ volumes }: Service) => volumes?.join(),
    ]) {
      const values = instances.map(([, service]) => of(service))
      expect(values).not.toContain(undefined)
      expect(new Set(values).size).toBe(instances.length)
    }
    for (const [name, { environment }] of instances) {
      const { APPLICATION_SERVER: address, PORT: port } = environment
      expect(address).toBe(`${name}:${port}`)
    }
  })

  test.each(instances)('%s: every variable is a setting', (_name, { environment }) => {
    expect(Object.keys(environment).filter((key) => !settingNames.includes(key))).toEqual([])
  })

  test.each(instances)('%s: the configuration resolves once secrets are given', async (_, each) => {
    const env = Object.fromEntries(
      Object.entries(each.environment).map(([key, value]) => {
        return [key, demanded(value) === undefined ? value : 'a1'.repeat(32)]
      }),
    )
    const { config } = await resolveConfig({ env })
    expect(config).toMatchObject({ createTopics: 'all', numStandbyReplicas: 1, host: '0.0.0.0' })
    expect(`${config.bootstrapServers}`.split(':')[0]).toBe('kafka')
    expect(new URL(config.schemaRegistryUrl!).hostname).toBe('registry')
  })

  test.each(instances)('%s: has no secret that nobody chose', (_name, { environment }) => {
    for (const key of ['INTERNAL_SECRET', 'API_TOKENS_ADMIN']) {
      expect(demanded(environment[key] ?? ''), key).toBe(key)
      // The example names it and leaves it empty, which compose refuses like an absent one.
      expect(example.split('\n')).toContain(`${key}=`)
    }
  })

  test.each(instances)('%s: writes to its state and /tmp only', (_name, service) => {
    expect(service.read_only).toBe(true)
    expect(service.tmpfs).toEqual(['/tmp'])
    const stateDir = /STATE_DIR=(\S+)/.exec(read('Dockerfile'))![1]!
    expect(service.volumes?.map((volume) => volume.split(':')[1])).toEqual([stateDir])
  })

  test.each(instances)('%s: has longer to stop than it takes', (_name, service) => {
    const stopTimeoutMs = /STOP_TIMEOUT_MS = ([\d_]+)/.exec(read('cli/run-instance.ts'))![1]!
    const graceMs = Number(/^(\d+)s$/.exec(service.stop_grace_period ?? '')![1]) * 1000
    expect(graceMs).toBeGreaterThan(Number(stopTimeoutMs.replace('_', '')))
  })
})

test('the example names every variable that has to be chosen, and no other', () => {
  const asked = new Set(instances.flatMap(([, { environment }]) => Object.values(environment)))
  const wanted = [...asked].map(demanded).filter((name) => name !== undefined)
  const named = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name!)
  expect(named.sort()).toEqual(wanted.sort())
  expect(read('.gitignore').split('\n')).toContain('.env')
})
