import { expect, test } from 'vitest'
import { describeConfig } from '../../../cli/config/describe-config.ts'
import { resolveConfig } from '../../../cli/config/resolve-config.ts'

async function described(env: NodeJS.ProcessEnv) {
  return new Map(describeConfig(await resolveConfig({ env })).map((row) => [row.name, row]))
}

test('every setting is shown with its unit and source', async () => {
  const rows = await described({ PORT: '0' })
  expect(rows.get('PORT')).toEqual({ name: 'PORT', value: '0', unit: null, source: 'environment' })
  expect(rows.get('COMMIT_INTERVAL_MS')).toMatchObject({ value: '100', unit: 'milliseconds' })
})

test('secrets are counted, never shown', async () => {
  const [one, two] = ['ab'.repeat(32), 'cd'.repeat(32)]
  const rows = await described({
    API_TOKENS_READ: `${one},${two}`,
    ATTRIBUTION_TOKEN: 'open-sesame',
  })
  expect(rows.get('API_TOKENS_READ')?.value).toBe('(2 set)')
  expect(rows.get('ATTRIBUTION_TOKEN')?.value).toBe('(set)')
  expect(JSON.stringify([...rows])).not.toMatch(/abab|cdcd|sesame/)
})
