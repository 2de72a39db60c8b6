import { readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { codeFiles, root, sourceFiles, syntaxTree, type TextFile } from './source-tree.ts'

/**
 * Sizes as a ratchet: ratchet.json names every file and function that is above its aim, with the
 * lines it may have. Entries may shrink or go, never grow; one that has shrunk must be lowered.
 */
const ceilingLines = 500
const fileLinesAim = 350
const functionLinesAim = 60
const medianLinesAim = 100

const ratchet = JSON.parse(
  readFileSync(path.join(root, 'test/tidy/ratchet.json'), 'utf8'),
) as Record<'files' | 'functions', Record<string, number>>

function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined
}

function functionName(node: ts.FunctionLikeDeclaration): string {
  if (ts.isConstructorDeclaration(node)) return `${className(node)}.constructor`
  if (ts.isMethodDeclaration(node) || ts.isAccessor(node)) {
    return `${className(node)}.${node.name.getText()}`
  }
  if (node.name !== undefined) return node.name.getText()
  const { parent } = node
  return ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)
    ? parent.name.getText()
    : 'anonymous'
}

function className(node: ts.Node): string {
  return ts.isClassLike(node.parent) ? (node.parent.name?.text ?? 'class') : 'object'
}

function* functionSizes(file: TextFile): Generator<[name: string, lines: number]> {
  const tree = syntaxTree(file)
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line
  const nodes: ts.Node[] = [tree]
  for (let node = nodes.pop(); node !== undefined; node = nodes.pop()) {
    if (isFunction(node)) {
      const lines = lineOf(node.end) - lineOf(node.getStart()) + 1
      yield [`${file.path} ${functionName(node)}`, lines]
    }
    ts.forEachChild(node, (child) => void nodes.push(child))
  }
}

/** What the ratchet must hold, and what it holds: equal, or someone grew or forgot to lower. */
function expectHeld(sizes: Iterable<[string, number]>, aim: number, held: Record<string, number>) {
  expect(Object.fromEntries([...sizes].filter(([, lines]) => lines > aim))).toEqual(held)
}

test(`no file has more than ${ceilingLines} lines`, () => {
  const tooLong = codeFiles.filter((file) => file.lines > ceilingLines)
  expect(tooLong.map((file) => `${file.path}: ${file.lines}`)).toEqual([])
})

test(`source files above ${fileLinesAim} lines are those of the ratchet, none longer`, () => {
  const sizes = sourceFiles.map((file): [string, number] => [file.path, file.lines])
  expectHeld(sizes, fileLinesAim, ratchet.files)
})

test(`functions above ${functionLinesAim} lines are those of the ratchet, none longer`, () => {
  const sizes = sourceFiles.flatMap((file) => [...functionSizes(file)])
  expectHeld(sizes, functionLinesAim, ratchet.functions)
})

test(`the median source file has at most ${medianLinesAim} lines, p95 at most ${fileLinesAim}`, () => {
  const sorted = sourceFiles.map((file) => file.lines).sort((a, b) => a - b)
  expect(percentile(sorted, 0.5)).toBeLessThanOrEqual(medianLinesAim)
  expect(percentile(sorted, 0.95)).toBeLessThanOrEqual(fileLinesAim)
})
