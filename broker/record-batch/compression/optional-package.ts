import { createRequire } from 'node:module'
import { MissingCodecError } from './missing-codec-error.ts'

const require = createRequire(import.meta.url)

/**
 * Loads a package that a program without compressed topics does not need.
 *
 * By `require`: codecs are first needed in the middle of a synchronous loop over records.
 *
 * @throws {MissingCodecError} it is not installed, or has no binary for this platform
 */
export function optionalPackage(name: string): unknown {
  try {
    return require(name)
  } catch (error) {
    throw new MissingCodecError(`install the package "${name}"`, { cause: error })
  }
}
