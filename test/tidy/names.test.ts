import path from 'node:path'
import { expect, test } from 'vitest'
import { allPaths, codeFiles, sourceFiles } from './source-tree.ts'

const banned = ['utils?', 'helpers?', 'commons?', 'misc', 'managers?', 'base', 'impl']
const bannedWord = new RegExp(`^(${banned.join('|')})$`)

test('no file or folder is named for a drawer instead of its noun', () => {
  const drawers = allPaths.filter((file) =>
    file.split(/[/.-]/).some((word) => bannedWord.test(word.toLowerCase())),
  )
  expect(drawers).toEqual([])
})

test('no index file gathers what others export', () => {
  expect(allPaths.filter((file) => /(^|\/)index\.[a-z]+$/.test(file))).toEqual([])
  const barrels = codeFiles.filter((file) => /^export \* from /m.test(file.text))
  expect(barrels.map((file) => file.path)).toEqual([])
})

test('code files are named in kebab-case', () => {
  const odd = codeFiles.filter(
    (file) => !/^[a-z0-9-]+(\.test|\.config|\.d)?\.(ts|js)$/.test(path.posix.basename(file.path)),
  )
  expect(odd.map((file) => file.path)).toEqual([])
})

test('no exported class is called Manager, Impl, Base or Abstract', () => {
  const named = sourceFiles.flatMap((file) =>
    [...file.text.matchAll(/^export (?:abstract )?class (\w+)/gm)].map((match) => match[1] ?? ''),
  )
  expect(named.filter((name) => /Manager$|Impl$|^Base|Base$|^Abstract/.test(name))).toEqual([])
})
