import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCatalogue } from '../../api/errors.ts'
import { TokenConfigError } from '../../api/bearer-tokens.ts'
import { UnsafeBindingError } from '../../api/safe-binding.ts'
import * as brokerErrors from '../../broker/errors.ts'
import * as runtimeErrors from '../../runtime/errors.ts'
import * as schemaErrors from '../../schemas/errors.ts'
import * as stateErrors from '../../state/errors.ts'
import { apiUnderTest } from '../support/api-under-test.ts'
import { routesOf } from '../support/api-routes.ts'

const readDocument = (name: string) =>
  readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8')

/** The cells of every table row of a document whose first cell is code. */
function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

type ErrorClass = new (message: string) => Error & { code: string }

/** The codes of the error classes that a module exports; abstract ones have none. */
function codesOf(module: object): string[] {
  return (Object.values(module) as ErrorClass[])
    .filter((value) => value.prototype instanceof Error)
    .map((errorClass) => new errorClass('').code as string | undefined)
    .filter((code) => code !== undefined)
}

const rows = tableRows(readDocument('errors.md'))
const documented = new Map(rows.map(([code = '', ...rest]) => [code.replaceAll('`', ''), rest]))

test('docs/errors.md has every code of the API with its HTTP status, and no other', () => {
  const catalogue = Object.entries(errorCatalogue).map(([code, { status }]) => [code, `${status}`])
  const inDocument = [...documented]
    .filter(([, [status]]) => /^\d{3}$/.test(status ?? ''))
    .map(([code, [status]]) => [code, status])
  expect(inDocument.sort()).toEqual(catalogue.sort())
})

test('docs/errors.md has every code of stores, records, tasks, the broker and a refused start', () => {
  const codes = [
    ...codesOf(stateErrors),
    ...codesOf(schemaErrors),
    ...codesOf(brokerErrors),
    ...codesOf(runtimeErrors),
    new TokenConfigError('').code,
    new UnsafeBindingError('').code,
  ]
  expect(codes.length).toBeGreaterThan(10)
  expect(codes.filter((code) => !documented.has(code))).toEqual([])
})

test('docs/errors.md says of each error what happened and what to do', () => {
  for (const [code, [, happened = '', solution = '']] of documented) {
    expect(happened.length, code).toBeGreaterThan(10)
    expect(solution.length, code).toBeGreaterThan(10)
  }
})

test('docs/http.md lists every route, and no other', async () => {
  const routes = await routesOf(apiUnderTest())
  const registered = routes.map(({ method, url }) => {
    return `${String(method)} ${url.replace(/:(\w+)/g, '{$1}')}`
  })
  const inDocument = tableRows(readDocument('http.md'))
    .map(([route = '']) => route.replaceAll('`', ''))
    .filter((route) => /^(GET|POST|PUT|DELETE) /.test(route))
  expect(inDocument.sort()).toEqual(registered.sort())
})
