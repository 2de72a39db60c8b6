import path from 'node:path'
import ts from 'typescript'
import { syntaxTree, type TextFile } from './source-tree.ts'

export interface Import {
  readonly from: string
  /** A path of this repository for relative imports, else the module's name. */
  readonly target: string
  readonly relative: boolean
  /** Erased at build: `import type`, or only `type` names. */
  readonly typeOnly: boolean
}

function isTypeOnly(node: ts.ImportDeclaration | ts.ExportDeclaration): boolean {
  if (ts.isExportDeclaration(node)) return node.isTypeOnly
  const clause = node.importClause
  if (clause === undefined) return false
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true
  const names = clause.namedBindings
  return (
    clause.name === undefined &&
    names !== undefined &&
    ts.isNamedImports(names) &&
    names.elements.length > 0 &&
    names.elements.every((element) => element.isTypeOnly)
  )
}

function specifierOf(node: ts.Node): { specifier: string; typeOnly: boolean } | null {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    const module = node.moduleSpecifier
    if (module === undefined || !ts.isStringLiteral(module)) return null
    return { specifier: module.text, typeOnly: isTypeOnly(node) }
  }
  if (ts.isCallExpression(node)) {
    const [argument] = node.arguments
    const loads =
      node.expression.kind === ts.SyntaxKind.ImportKeyword ||
      (ts.isIdentifier(node.expression) && node.expression.text === 'require')
    if (!loads || argument === undefined || !ts.isStringLiteral(argument)) return null
    return { specifier: argument.text, typeOnly: false }
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    const literal = node.argument.literal
    return ts.isStringLiteral(literal) ? { specifier: literal.text, typeOnly: true } : null
  }
  return null
}

/** Every import, re-export, `import()`, `import('…').Type` and `require` of the file. */
export function importsOf(file: TextFile): Import[] {
  const found: Import[] = []
  const visit = (node: ts.Node): void => {
    const named = specifierOf(node)
    if (named !== null) {
      const relative = named.specifier.startsWith('.')
      const target = relative
        ? path.posix.join(path.posix.dirname(file.path), named.specifier)
        : named.specifier
      found.push({ from: file.path, target, relative, typeOnly: named.typeOnly })
    }
    ts.forEachChild(node, visit)
  }
  visit(syntaxTree(file))
  return found
}

/** Files that import each other in a ring: each group is one strongly connected component. */
export function cycles(imports: readonly Import[]): string[][] {
  const edges = new Map<string, string[]>()
  for (const { from, target, relative } of imports) {
    if (relative) edges.set(from, [...(edges.get(from) ?? []), target])
  }
  const index = new Map<string, number>()
  const low = new Map<string, number>()
  const stack: string[] = []
  const rings: string[][] = []

  // Tarjan 1972.
  const visit = (file: string): void => {
    index.set(file, index.size)
    low.set(file, index.get(file)!)
    stack.push(file)
    for (const next of edges.get(file) ?? []) {
      if (!index.has(next)) {
        visit(next)
        low.set(file, Math.min(low.get(file)!, low.get(next)!))
      } else if (stack.includes(next)) {
        low.set(file, Math.min(low.get(file)!, index.get(next)!))
      }
    }
    if (low.get(file) !== index.get(file)) return
    const ring = stack.splice(stack.indexOf(file))
    if (ring.length > 1 || edges.get(file)?.includes(file)) rings.push(ring.sort())
  }
  for (const file of edges.keys()) if (!index.has(file)) visit(file)
  return rings
}
