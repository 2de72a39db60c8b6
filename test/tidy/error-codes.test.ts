import ts from 'typescript'
import { expect, test } from 'vitest'
import { errorCatalogue } from '../../api/errors.ts'
import { sourceFiles, syntaxTree, textFiles, type TextFile } from './source-tree.ts'

/** docs/errors.md and the code know the same codes. */

const isCode = (text: string): boolean => /^[A-Z][A-Z0-9_]{3,}$/.test(text)

/** What errors of other makers carry; nobody looks those up here. */
const foreign = (code: string): boolean =>
  /^(E[A-Z]+|ERR_.+|Z_.+|CERT_.+|[A-Z_]*CERT[A-Z_]*)$/.test(code)

/**
 * Codes that a file gives to errors: texts in a declaration or property named `code`, in a type
 * whose name ends in `Code`, and those that a function named `codeOf` returns.
 */
function* codesIn(file: TextFile): Generator<string> {
  const nodes: ts.Node[] = [syntaxTree(file)]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (givesCodes(node)) yield* textsIn(node)
    ts.forEachChild(node, (child) => void nodes.push(child))
  }
}

function givesCodes(node: ts.Node): boolean {
  if (ts.isPropertyDeclaration(node)) return node.name.getText() === 'code'
  if (ts.isPropertyAssignment(node)) return node.name.getText() === 'code'
  if (ts.isTypeAliasDeclaration(node)) return node.name.text.endsWith('ErrorCode')
  return ts.isFunctionDeclaration(node) && node.name?.text === 'codeOf'
}

function* textsIn(node: ts.Node): Generator<string> {
  if (ts.isStringLiteral(node) && isCode(node.text) && !foreign(node.text)) yield node.text
  const children: ts.Node[] = []
  ts.forEachChild(node, (child) => void children.push(child))
  for (const child of children) yield* textsIn(child)
}

const given = new Set([...sourceFiles.flatMap((file) => [...codesIn(file)])])
for (const code of Object.keys(errorCatalogue)) given.add(code)

const page = textFiles.find(({ path }) => path === 'docs/errors.md')!.text
/** Codes in the first cells of tables. */
const documented = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...line.split('|')[1]!.matchAll(/`([A-Z0-9_]+)`/g)].map(([, code]) => code!))

test('docs/errors.md has every code that the source gives an error', () => {
  expect(given.size).toBeGreaterThan(80)
  expect([...given].filter((code) => !documented.includes(code))).toEqual([])
})

test('docs/errors.md has no code that nothing gives, and none twice', () => {
  expect(documented.filter((code) => !given.has(code))).toEqual([])
  expect(documented.filter((code, i) => documented.indexOf(code) !== i)).toEqual([])
})
