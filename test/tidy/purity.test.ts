import ts from 'typescript'
import { expect, test } from 'vitest'
import { importsOf } from './import-graph.ts'
import { sourceFiles, syntaxTree, type TextFile } from './source-tree.ts'

const effects = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'process',
  'fetch',
  'console',
  'Date.now',
  'Math.random',
  'crypto',
])

/** Names used as values: `setTimeout`, `Date.now`, `process.env`; property names are not. */
function* namesUsed(file: TextFile): Generator<string> {
  const nodes: ts.Node[] = [syntaxTree(file)]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      yield `${node.expression.text}.${node.name.text}`
    }
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      yield 'Date.now'
    if (ts.isIdentifier(node) && isReference(node)) yield node.text
    ts.forEachChild(node, (child) => void nodes.push(child))
  }
}

function isReference(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  return (
    (ts.isCallExpression(parent) && parent.expression === node) ||
    (ts.isNewExpression(parent) && parent.expression === node)
  )
}

const topology = sourceFiles.filter((file) => file.path.startsWith('topology/'))

test('topology/ has no clock, randomness, timer or process', () => {
  const impure = topology.flatMap((file) =>
    [...namesUsed(file)]
      .filter((name) => effects.has(name))
      .map((name) => `${file.path} uses ${name}`),
  )
  expect(impure).toEqual([])
})

test('topology/ imports no module that does input or output', () => {
  const pure = new Set(['node:assert', 'node:buffer', 'node:util', 'uuid', 're2js'])
  const modules = topology
    .flatMap((file) => importsOf(file))
    .filter(({ relative, target, typeOnly }) => !relative && !typeOnly && !pure.has(target))
    .map(({ from, target }) => `${from} imports ${target}`)
  expect(modules).toEqual([])
})

test('cli/main.ts alone reads the environment and the arguments', () => {
  const readers = sourceFiles
    .filter((file) => file.path !== 'cli/main.ts')
    .filter((file) =>
      [...namesUsed(file)].some((name) => name === 'process.env' || name === 'process.argv'),
    )
    .map((file) => file.path)
  expect(readers).toEqual([])
})
