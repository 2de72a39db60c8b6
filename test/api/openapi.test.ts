import { Validator } from '@seriousme/openapi-schema-validator'
import { expect, test } from 'vitest'
import { apiUnderTest } from '../support/api-under-test.ts'
import { routesOf } from '../support/api-routes.ts'

interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly tags?: readonly string[]
  readonly parameters?: readonly { in: string; name: string; required?: boolean }[]
  readonly responses: Record<string, { description?: string }>
}

interface Document {
  readonly paths: Record<string, Record<string, Operation>>
}

async function document(): Promise<Document> {
  const { app } = apiUnderTest()
  return (await app.inject('/openapi.json')).json<Document>()
}

async function operations(): Promise<[path: string, Operation][]> {
  const { paths } = await document()
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.values(methods).map((operation): [string, Operation] => [path, operation]),
  )
}

test('every route has schemas of its query, its parameters, its body and its answers', async () => {
  const routes = await routesOf(apiUnderTest())
  expect(routes.length).toBeGreaterThan(20)
  for (const { url, method, schema } of routes) {
    const route = `${String(method)} ${url}`
    expect(schema?.querystring, route).toMatchObject({ additionalProperties: false })
    const params = [...url.matchAll(/:(\w+)/g)].map(([, name]) => name)
    const described = (schema?.params ?? {}) as { properties?: object; required?: string[] }
    expect(Object.keys(described.properties ?? {}), route).toEqual(params)
    expect(described.required ?? [], route).toEqual(params)
    if (method === 'POST') expect(schema?.body, route).toBeDefined()
    const statuses = Object.keys(schema?.response as object)
    expect(statuses, route).toEqual(expect.arrayContaining(['200', '4xx']))
  }
})

test('the document is valid OpenAPI, by the standard’s own schema', async () => {
  const { errors, valid } = await new Validator().validate((await document()) as never)
  expect(errors).toBeUndefined()
  expect(valid).toBe(true)
})

test('the document has every route', async () => {
  const routes = await routesOf(apiUnderTest())
  const registered = routes.map(({ url }) => url.replace(/:(\w+)/g, '{$1}'))
  expect(Object.keys((await document()).paths).sort()).toEqual([...new Set(registered)].sort())
})

test('operations have names of their own, summaries and descriptions of their answers', async () => {
  const all = (await operations()).map(([, operation]) => operation)
  const ids = all.map(({ operationId }) => operationId)
  expect(ids).not.toContain(undefined)
  expect(new Set(ids).size).toBe(ids.length)
  for (const { operationId, summary, tags, responses } of all) {
    expect([operationId, summary, tags]).not.toContain(undefined)
    for (const response of Object.values(responses)) {
      expect(response.description, operationId).toMatch(/[a-z]/)
      expect(response.description, operationId).not.toBe('Default Response')
    }
  }
})

test('parameters in paths are declared, and required', async () => {
  for (const [path, { parameters = [] }] of await operations()) {
    const declared = parameters.filter((parameter) => parameter.in === 'path')
    expect(declared.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? [])
    expect(declared.every(({ required }) => required)).toBe(true)
  }
})
