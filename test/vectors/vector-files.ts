import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'

/** Where the product's own copies lie. */
export function ownVectors(): string {
  return path.resolve(import.meta.dirname, rootFromHere(), 'test/vectors')
}

/** This file runs from the source tree, and compiled from `dist/test/vectors`. */
function rootFromHere(): string {
  const isCompiled = import.meta.dirname.endsWith(path.join('dist', 'test', 'vectors'))
  return isCompiled ? '../../..' : '../..'
}

/**
 * Reads a family's cases from `<folder>/<family>.jsonl`, or `.jsonl.gz`.
 * @returns null: the folder has no such family
 * @throws {SyntaxError} a line is not JSON
 */
export function readVectors(folder: string, family: string): unknown[] | null {
  const plain = path.join(folder, `${family}.jsonl`)
  const packed = `${plain}.gz`
  if (existsSync(plain)) return parse(readFileSync(plain))
  if (existsSync(packed)) return parse(gunzipSync(readFileSync(packed)))
  return null
}

function parse(bytes: Buffer): unknown[] {
  return bytes
    .toString()
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as unknown)
}
