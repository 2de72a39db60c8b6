import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'

/**
 * The repository's own files, read once: what the tidy tests judge.
 *
 * A room is a top-level folder of source, ordered bottom to top: imports point left only.
 */
export const rooms = [
  'bytes',
  'broker',
  'schemas',
  'topology',
  'state',
  'runtime',
  'ingest',
  'api',
  'cli',
] as const
export type Room = (typeof rooms)[number]

export const root = path.resolve(import.meta.dirname, '../..')

const generated = new Set(['.git', 'node_modules', 'dist', 'data', 'coverage'])

export interface TextFile {
  /** Relative to the root, with forward slashes. */
  readonly path: string
  readonly text: string
  readonly lines: number
}

function* walk(folder: string): Generator<string> {
  for (const entry of readdirSync(path.join(root, folder), { withFileTypes: true })) {
    if (generated.has(entry.name)) continue
    const child = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.isDirectory()) yield* walk(child)
    else if (entry.isFile()) yield child
  }
}

function countLines(text: string): number {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0)
}

/** Every file's path. */
export const allPaths: readonly string[] = [...walk('')].sort()

const textEndings = /\.(ts|js|json|md|ya?ml|avsc|sh)$|(^|\/)(run|LICENSE|\.[a-z]+ignore)$/

/** Every text file, lock files left out: they hold no words of ours. */
export const textFiles: readonly TextFile[] = allPaths
  .filter((file) => textEndings.test(file) && !file.endsWith('package-lock.json'))
  .map((file) => {
    const text = readFileSync(path.join(root, file), 'utf8')
    return { path: file, text, lines: countLines(text) }
  })

export const codeFiles = textFiles.filter((file) => /\.(ts|js)$/.test(file.path))

export function roomOf(file: string): Room | null {
  const folder = file.split('/')[0]
  return rooms.find((room) => room === folder) ?? null
}

/** What is built and run: the rooms' TypeScript. */
export const sourceFiles = codeFiles.filter(
  (file) => roomOf(file.path) !== null && file.path.endsWith('.ts'),
)

export const testFiles = codeFiles.filter((file) => file.path.startsWith('test/'))

const syntaxTrees = new WeakMap<TextFile, ts.SourceFile>()

export function syntaxTree(file: TextFile): ts.SourceFile {
  let tree = syntaxTrees.get(file)
  if (tree === undefined) {
    tree = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.ES2022, true)
    syntaxTrees.set(file, tree)
  }
  return tree
}
