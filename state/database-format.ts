import { mkdir, readdir } from 'node:fs/promises'
import { StateCorruptedError, StateFormatError, StateWriteError } from './errors.ts'

/**
 * What a database directory holds and in which version: refuses what is not ours.
 *
 * F1. A directory is stamped once, when it is empty, and the stamp is flushed before anything else
 *     is written: so a database with rows always has a stamp, also after losing its whole log.
 * F2. Files of anybody else are never touched: they are refused before RocksDB sees the directory.
 * F3. A database whose CURRENT file is gone is damage, not an empty directory. RocksDB would
 *     create a new database over its remains.
 */
export interface DatabaseFormat {
  /** Names the contents, such as `attribution-streams-task`. */
  readonly name: string
  /** Raised when keys or values change their layout. */
  readonly version: number
}

export const TASK_STATE_FORMAT: DatabaseFormat = { name: 'attribution-streams-task', version: 1 }

/** Key of the stamp; below every key of users (D6 of {@link TaskDatabase}). */
export const FORMAT_KEY = '\u0000format'

/** What RocksDB writes before CURRENT first exists, and what only after it. */
const early = /^(LOCK|LOG|LOG\.old\..*|IDENTITY|SESSION_ID|MANIFEST-\d+|.*\.dbtmp)$/
const late = /^OPTIONS-\d+$|\.(sst|log)$/

/**
 * Creates the directory (mode 0700) or checks that what is in it may be a database of ours.
 * @returns true if it holds tables
 * @throws {StateFormatError} files of something else
 * @throws {StateCorruptedError} a database without its CURRENT file
 * @throws {StateWriteError} it cannot be created or listed
 */
export async function prepareDirectory(directory: string): Promise<boolean> {
  const names = await createOrList(directory)
  if (names.includes('CURRENT')) return names.some((name) => name.endsWith('.sst'))
  const foreign = names.find((name) => !early.test(name) && !late.test(name))
  if (foreign !== undefined) {
    throw new StateFormatError(
      `${directory} is not a state directory: it holds ${foreign}. Give an empty directory.`,
    )
  }
  if (names.some((name) => late.test(name))) {
    throw new StateCorruptedError(`the database in ${directory} has lost its CURRENT file`)
  }
  return false
}

async function createOrList(directory: string): Promise<string[]> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    return await readdir(directory)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new StateWriteError(`cannot use ${directory} as a state directory: ${why}`, { cause })
  }
}

export function encodeFormat(format: DatabaseFormat): Buffer {
  return Buffer.from(`${format.name} ${format.version}`, 'utf8')
}

/** @throws {StateFormatError} `stamp` is not that of `expected`; the text says what to do */
export function checkFormat(
  directory: string,
  stamp: Buffer | null,
  expected: DatabaseFormat,
): void {
  const found = stamp === null ? null : /^(\S+) (\d+)$/.exec(stamp.toString('utf8'))
  const remedy = 'Give another directory, or remove this one if nothing in it is needed'
  if (found === null || found[1] !== expected.name) {
    const what = found?.[1] ?? 'something else'
    throw new StateFormatError(
      `${directory} was written by ${what}, not ${expected.name}. ${remedy}.`,
    )
  }
  const version = Number(found[2])
  if (version === expected.version) return
  const advice =
    version > expected.version
      ? `It is newer than this program: run the newer one. ${remedy}; state is then restored`
      : `This program does not read it any more. ${remedy}; state is then restored`
  throw new StateFormatError(
    `${directory} has ${expected.name} format ${version}, this program reads ${expected.version}. ` +
      `${advice} from the changelogs.`,
  )
}
