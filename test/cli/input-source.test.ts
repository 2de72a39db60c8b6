import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CommandFailure } from '../../cli/failure.ts'
import { openInput, type InputSource } from '../../cli/input/input-source.ts'

const text = Array.from({ length: 5000 }, (_, index) => `{"line":${index}}\n`).join('')

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'input-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function fileOf(content: Buffer | string): Promise<string> {
  const file = path.join(folder, 'records')
  await writeFile(file, content)
  return file
}

async function readAll({ chunks }: InputSource): Promise<string> {
  const all: Buffer[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all).toString()
}

const nothing = Readable.from([])

test('a plain file is read as it is', async () => {
  const input = await openInput(await fileOf(text), nothing)
  expect(await readAll(input)).toBe(text)
  expect(input.bytesTotal).toBe(text.length)
  expect(input.bytesRead()).toBe(text.length)
})

test('gzip is told by its first bytes, whatever the name', async () => {
  const packed = gzipSync(text)
  const input = await openInput(await fileOf(packed), nothing)
  expect(await readAll(input)).toBe(text)
  expect(input.bytesTotal).toBe(packed.length)
  expect(input.bytesRead()).toBe(packed.length)
})

test('several gzip members after each other are one input', async () => {
  const packed = Buffer.concat([gzipSync('one\n'), gzipSync('two\n')])
  expect(await readAll(await openInput(await fileOf(packed), nothing))).toBe('one\ntwo\n')
})

test('standard input is read, inflated too, even byte by byte', async () => {
  const packed = gzipSync('hello\n')
  const drops = Readable.from([...packed].map((byte) => Buffer.from([byte])))
  const input = await openInput('-', drops)
  expect(input.bytesTotal).toBeNull()
  expect(await readAll(input)).toBe('hello\n')
})

test('an empty file and one of a single byte are read', async () => {
  expect(await readAll(await openInput(await fileOf(''), nothing))).toBe('')
  expect(await readAll(await openInput(await fileOf('\n'), nothing))).toBe('\n')
})

test('a gzip file that was cut off is an error that says so', async () => {
  const packed = gzipSync(text)
  const input = await openInput(await fileOf(packed.subarray(0, packed.length - 20)), nothing)
  await expect(readAll(input)).rejects.toThrow(/the gzip data ends too early: the file was cut off/)
})

test('a gzip file that is damaged is an error that says so', async () => {
  const packed = gzipSync(text)
  packed.fill(0xff, packed.length / 2, packed.length / 2 + 50)
  const input = await openInput(await fileOf(packed), nothing)
  await expect(readAll(input)).rejects.toThrow(/the gzip data is damaged/)
})

test('a file that is not there, and a folder, are refused as misuse', async () => {
  for (const [file, why] of [
    [path.join(folder, 'absent'), 'no such file'],
    [folder, 'is a folder'],
  ] as const) {
    const error: unknown = await openInput(file, nothing).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(CommandFailure)
    expect((error as CommandFailure).exitCode).toBe(2)
    expect((error as CommandFailure).message).toContain(why)
  }
})
