import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { cached as Cached } from './archive-cache.ts'

let home: string
let cached: typeof Cached
beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'archive-cache-'))
  vi.stubEnv('XDG_CACHE_HOME', home)
  vi.resetModules()
  ;({ cached } = await import('./archive-cache.ts'))
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(home, { recursive: true })
})

/** A process number that nobody has: above the kernel's limit. */
const goneProcess = 2 ** 30

it('builds an entry once, however many ask for it at once', async () => {
  let builds = 0
  const build = async (target: string): Promise<void> => {
    builds++
    await mkdir(target)
    await writeFile(path.join(target, 'file'), 'whole')
  }
  const entries = await Promise.all([1, 2, 3].map(() => cached('kind-1/entry', build)))
  expect(builds).toBe(1)
  expect(new Set(entries).size).toBe(1)
  expect(await readFile(path.join(entries[0]!, 'file'), 'utf8')).toBe('whole')
})

it('leaves nothing of a build that fails, and builds again', async () => {
  const torn = cached('entry', async (target) => {
    await mkdir(target)
    throw new Error('no network')
  })
  await expect(torn).rejects.toThrow('no network')
  expect(await readdir(path.join(home, 'attribution-streams'))).toEqual([])
  const entry = await cached('entry', (target) => writeFile(target, 'whole'))
  expect(await readFile(entry, 'utf8')).toBe('whole')
})

it('does not wait for a process that was killed while it built', async () => {
  const folder = path.join(home, 'attribution-streams')
  await mkdir(folder, { recursive: true })
  await writeFile(path.join(folder, 'entry.lock'), String(goneProcess))
  const entry = await cached('entry', (target) => writeFile(target, 'whole'))
  expect(await readFile(entry, 'utf8')).toBe('whole')
  expect(await readdir(folder)).toEqual(['entry'])
})
