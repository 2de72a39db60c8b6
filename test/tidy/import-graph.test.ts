import { expect, test } from 'vitest'
import { cycles, importsOf } from './import-graph.ts'
import type { TextFile } from './source-tree.ts'

function file(path: string, text: string): TextFile {
  return { path, text, lines: text.split('\n').length }
}

test('every way to import is found, with the file it names', () => {
  const text = [
    `import { a } from './a.ts'`,
    `export { b } from '../broker/b.ts'`,
    `const c = await import('./c.ts')`,
    `let d: import('./d.ts').D`,
    `import 'node:fs'`,
  ].join('\n')
  expect(importsOf(file('bytes/deep/x.ts', text)).map(({ target }) => target)).toEqual([
    'bytes/deep/a.ts',
    'bytes/broker/b.ts',
    'bytes/deep/c.ts',
    'bytes/deep/d.ts',
    'node:fs',
  ])
})

test.each([
  [`import type { A } from './a.ts'`, true],
  [`import { type A, type B } from './a.ts'`, true],
  [`export type { A } from './a.ts'`, true],
  [`let a: import('./a.ts').A`, true],
  [`import { type A, b } from './a.ts'`, false],
  [`import './a.ts'`, false],
  [`import a from './a.ts'`, false],
  [`export { a } from './a.ts'`, false],
  [`await import('./a.ts')`, false],
])('%s is erased at build: %s', (text, typeOnly) => {
  const [found] = importsOf(file('x.ts', text))
  expect(found?.typeOnly).toBe(typeOnly)
})

test('a ring of files is reported once, a diamond is not', () => {
  const imports = [
    file('a.ts', `import './b.ts'\nimport './c.ts'`),
    file('b.ts', `import './d.ts'`),
    file('c.ts', `import './d.ts'`),
    file('d.ts', ''),
    file('r.ts', `import './s.ts'`),
    file('s.ts', `import './t.ts'`),
    file('t.ts', `import './r.ts'\nimport './a.ts'`),
    file('self.ts', `import './self.ts'`),
  ].flatMap((each) => importsOf(each))
  expect(cycles(imports)).toEqual([['r.ts', 's.ts', 't.ts'], ['self.ts']])
})
