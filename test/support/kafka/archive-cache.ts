import { randomUUID } from 'node:crypto'
import { access, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

/**
 * What the tests fetch or build once a machine: outside the working tree, keyed by version.
 *
 * A1. An entry appears by one rename when it is whole; what a killed process left half made is
 *     never taken for it.
 * A2. The lock saves a second fetch, no more: two that build the same entry at once both succeed.
 */
const root = path.join(
  process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache'),
  'attribution-streams',
)

/**
 * The path of a cached file or folder, made by `build` when it is missing.
 *
 * @param name relative to the cache, with every version that it depends on
 * @param build makes the entry at the path given, which does not exist yet
 */
export async function cached(
  name: string,
  build: (target: string) => Promise<void>,
): Promise<string> {
  const entry = path.join(root, name)
  if (await exists(entry)) return entry
  await mkdir(path.dirname(entry), { recursive: true })
  const unlock = await lock(`${entry}.lock`)
  const draft = `${entry}.${randomUUID()}`
  try {
    if (await exists(entry)) return entry
    await build(draft)
    await publish(draft, entry)
  } finally {
    await rm(draft, { recursive: true, force: true })
    await unlock()
  }
  return entry
}

async function publish(draft: string, entry: string): Promise<void> {
  try {
    await rename(draft, entry)
  } catch (error) {
    // Another process that did not see our lock was faster; a folder is not replaced by a rename.
    if (!(await exists(entry))) throw error
  }
}

/** A file with its holder's process id: that of a process which is gone holds nobody up. */
async function lock(file: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' })
      return () => rm(file, { force: true })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const holder = Number(await readFile(file, 'utf8').catch(() => '0'))
    // Empty while its holder is between creating and writing it.
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    await pause(100)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  )
}
