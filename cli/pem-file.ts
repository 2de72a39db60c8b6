import { readFile } from 'node:fs/promises'
import { CommandFailure } from './failure.ts'

/**
 * The text of a PEM file that a setting names; null: it names none.
 * @throws {CommandFailure} it cannot be read, or is none
 */
export async function readPem(setting: string, path: string): Promise<string>
export async function readPem(setting: string, path: string | null): Promise<string | null>
export async function readPem(setting: string, path: string | null): Promise<string | null> {
  if (path === null) return null
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    const { code = 'unreadable' } = error as NodeJS.ErrnoException
    throw new CommandFailure(`${setting}: ${path} cannot be read (${code})`, { cause: error })
  })
  if (text.includes('-----BEGIN ')) return text
  // Node takes it for an empty list, and then blames the broker's certificate.
  throw new CommandFailure(
    `${setting}: ${path} is no PEM file: nothing in it begins with -----BEGIN`,
  )
}
