import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const root = path.resolve(import.meta.dirname, '../..')

/** Every place that starts the program: with other flags its figures would be others. */
const starts = [
  'bin/attribution-streams.js',
  'package.json',
  'Dockerfile',
  'bench/main.ts',
  'bench/kafka/main.ts',
  'bench/clustering/main.ts',
]

test.each(starts)('%s starts the program with the same young generation', (name) => {
  const text = readFileSync(path.join(root, name), 'utf8')
  expect(text.match(/--max-semi-space-size=\d+/g)).toEqual(['--max-semi-space-size=64'])
})
