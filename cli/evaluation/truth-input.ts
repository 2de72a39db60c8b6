import type { Readable } from 'node:stream'
import { readTruthFile, type TruthFile } from '../../topology/clustering/evaluation/truth-file.ts'
import { CommandFailure, exitCodes } from '../failure.ts'
import { openInput } from '../input/input-source.ts'
import { bytes } from '../quantities.ts'

/** A text cannot be much longer; labels of some millions of attackers fit. */
const BYTES_MAX = 256 * 1024 * 1024

/**
 * @param path `-` is standard input; gzip is inflated
 * @throws {CommandFailure} no such file, too large, or no line in it can be used
 */
export async function readTruth(path: string, standardInput: Readable): Promise<TruthFile> {
  const source = await openInput(path, standardInput)
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of source.chunks) {
    length += chunk.length
    if (length > BYTES_MAX) {
      throw misuse(`${path}: larger than ${bytes(BYTES_MAX)}; evaluate a sample of it`)
    }
    chunks.push(chunk)
  }
  const truth = readTruthFile(Buffer.concat(chunks).toString('utf8'))
  if (truth.labels.size > 0) return truth
  const rejected = truth.rejected.length
  throw misuse(
    rejected === 0
      ? `${path} is empty: write a line an attacker, attacker,label`
      : `${path}: none of its ${rejected} lines can be read; write attacker,label or ` +
          '{"attacker_uuid": …, "label": …}, texts both',
  )
}

function misuse(message: string): CommandFailure {
  return new CommandFailure(message, { exitCode: exitCodes.misused })
}
