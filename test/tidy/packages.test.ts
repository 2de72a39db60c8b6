import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { allPaths, root } from './source-tree.ts'

type Json = Record<string, Record<string, unknown> | undefined>

const read = (file: string): Json => JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Json

const manifests = allPaths.filter((file) => path.posix.basename(file) === 'package.json')
const locks = allPaths.filter((file) => path.posix.basename(file) === 'package-lock.json')
const kinds = ['dependencies', 'devDependencies', 'optionalDependencies', 'overrides']

test.each(manifests)('%s pins every dependency exactly', (file) => {
  const loose = kinds
    .flatMap((kind) => Object.entries(read(file)[kind] ?? {}))
    .filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(String(version)))
  expect(loose).toEqual([])
})

test.each(manifests)('%s has a lock file beside it', (file) => {
  expect(locks).toContain(file.replace('package.json', 'package-lock.json'))
})

test.each(locks)('%s names no registry host and has an integrity for every package', (file) => {
  const packages = Object.entries(read(file)['packages'] ?? {}) as [
    string,
    { resolved?: string; integrity?: string; link?: boolean; inBundle?: boolean },
  ][]
  const installed = packages.filter(([name, entry]) => name !== '' && !entry.link)
  expect(installed.filter(([, { resolved }]) => resolved?.includes('://'))).toEqual([])
  expect(installed.filter(([, { integrity, inBundle }]) => !integrity && !inBundle)).toEqual([])
})

test('no package of this repository can be published by mistake', () => {
  for (const file of manifests) expect(read(file)['private']).toBe(true)
})
