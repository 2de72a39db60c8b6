import { readdirSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { FatalBrokerError } from '../../../../broker/errors.ts'
import {
  checkVersions,
  transactionVersionOf,
} from '../../../../broker/kafka/cluster/needed-versions.ts'
import type { Api } from '../../../../broker/kafka/wire/api.ts'
import type { ApiVersions, VersionRange } from '../../../../broker/kafka/wire/api-versions.ts'

const wire = fileURLToPath(new URL('../../../../broker/kafka/wire', import.meta.url))

/** Every request that is spoken, from the files that say how. */
async function spoken(): Promise<Api<never, unknown>[]> {
  const files = readdirSync(wire).filter((file) => file.endsWith('.ts'))
  const modules = await Promise.all(
    files.map((file) => import(path.join(wire, file)) as Promise<Record<string, unknown>>),
  )
  return modules.flatMap((module) => Object.values(module).filter(isApi))
}

function isApi(value: unknown): value is Api<never, unknown> {
  return typeof value === 'object' && value !== null && 'key' in value && 'isFlexible' in value
}

function versions(level: number, but: [number, VersionRange][] = []): ApiVersions {
  const all = Array.from({ length: 90 }, (_, key): [number, VersionRange] => [
    key,
    { min: 0, max: 99 },
  ])
  return {
    ranges: new Map([...all, ...but]),
    features: new Map([['transaction.version', level]]),
  }
}

it.each([0, 1, 2])('lets a broker pass that speaks all, at transaction version %d', (level) => {
  expect(() => checkVersions(versions(level))).not.toThrow()
  expect(transactionVersionOf(versions(level))).toBe(level)
})

it('takes a broker that knows no features for one with the older transactions', () => {
  expect(transactionVersionOf({ ranges: new Map(), features: new Map() })).toBe(0)
})

it('names what is lacking and the oldest broker that will do', () => {
  const old = versions(0, [[3, { min: 0, max: 9 }]])
  expect(() => checkVersions(old)).toThrow(FatalBrokerError)
  expect(() => checkVersions(old)).toThrow(/Metadata 11 \(it speaks 0 to 9\).*Kafka 2\.8/)
})

it('notices a broker that has dropped an old version', () => {
  expect(() => checkVersions(versions(2, [[1, { min: 12, max: 20 }]]))).toThrow(/Fetch 11/)
})

it('knows of every request that a run of the program depends on', async () => {
  const apis = await spoken()
  expect(apis.length).toBeGreaterThan(20)
  // The first of all, and what only commands and tests ask: these may fail when they are used.
  const optional = new Set([
    'ApiVersions',
    'DescribeGroups',
    'OffsetDelete',
    'IncrementalAlterConfigs',
  ])
  const notNoticed = (key: number, range: VersionRange): boolean =>
    [0, 2].every((level) => passes(versions(level, [[key, range]])))
  const unchecked = apis.filter(
    ({ key, version, name }) =>
      !optional.has(name) &&
      (notNoticed(key, { min: 0, max: version - 1 }) ||
        notNoticed(key, { min: version + 1, max: 99 })),
  )
  expect(unchecked.map(({ name, version }) => `${name} ${version}`)).toEqual([])
})

function passes(spoken: ApiVersions): boolean {
  try {
    checkVersions(spoken)
    return true
  } catch {
    return false
  }
}
