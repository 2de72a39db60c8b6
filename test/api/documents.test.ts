import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { errorCatalogue } from '../../api/errors.ts'
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

const rows = tableRows(readDocument('errors.md'))
const documented = new Map(rows.map(([code = '', ...rest]) => [code.replaceAll('`', ''), rest]))

test('docs/errors.md has every code of the API with its HTTP status, and no other', () => {
  const catalogue = Object.entries(errorCatalogue).map(([code, { status }]) => [code, `${status}`])
  const inDocument = [...documented]
    .filter(([, [status]]) => /^\d{3}$/.test(status ?? ''))
    .map(([code, [status]]) => [code, status])
  expect(inDocument.sort()).toEqual(catalogue.sort())
})

test('docs/errors.md says of each error what happened and what to do', () => {
  for (const [code, [from = '', happened = '', solution = '']] of documented) {
    expect(from, code).toMatch(/^(\d{3}|[a-z]+)$/)
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
