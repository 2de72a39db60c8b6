import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { Command } from 'commander'
import { expect, test } from 'vitest'
import { settingRows } from '../../cli/config/describe-config.ts'
import { flagOf, settingKeys, settingNames } from '../../cli/config/settings.ts'
import { createProgram } from '../../cli/program.ts'
import { captureTerminal } from '../support/captured-terminal.ts'
import { allPaths, root, textFiles } from './source-tree.ts'

/** Documents are kept true: what they name exists, and what exists is named. */

const documents = textFiles.filter((file) => file.path.endsWith('.md'))
const documentNames = documents.map((file) => file.path)
const textOf = (name: string): string => documents.find((file) => file.path === name)?.text ?? ''

const program = createProgram({
  terminal: captureTerminal(),
  env: {},
  interruption: () => new AbortController().signal,
  exitWith: () => undefined,
})

/** Every command that does something: `query attacker`. */
function* leaves(command: Command, names: string[] = []): Generator<string> {
  if (command.commands.length === 0) yield names.join(' ')
  for (const child of command.commands) yield* leaves(child, [...names, child.name()])
}
const commands = [...leaves(program)]

const scripts = Object.keys(
  (
    JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>
    }
  ).scripts,
)

function headingsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map((match) =>
    match[1]!
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

/** Tables are aligned by the formatter; cells are what counts. */
function cellsOf(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) =>
      line
        .slice(1, -1)
        .split('|')
        .map((cell) => cell.trim()),
    )
}

test.each(documentNames)('%s: links lead to what exists', (name) => {
  const links = [...textOf(name).matchAll(/\]\(([^)]+)\)/g)].map((match) => match[1]!)
  const dead = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [file = '', anchor] = link.split('#')
      const target = path.join(root, path.dirname(name), file)
      if (file !== '' && !existsSync(target)) return true
      const text = file === '' ? textOf(name) : textOf(path.relative(root, target))
      return anchor !== undefined && !headingsOf(text).includes(anchor)
    })
  expect(dead).toEqual([])
})

test.each(documentNames)('%s: npm scripts exist', (name) => {
  const named = [...textOf(name).matchAll(/npm run ([\w:-]+)/g)].map((match) => match[1]!)
  expect(named.filter((script) => !scripts.includes(script))).toEqual([])
})

test.each(documentNames)('%s: commands of the program exist, with their options', (name) => {
  const lines = [...textOf(name).matchAll(/npx attribution-streams ([^`\n#|]+)/g)]
  for (const [, line = ''] of lines) {
    if (line.startsWith('…')) continue
    const words = line.trim().split(/\s+/)
    const command = commands.find(
      (each) => words.slice(0, each.split(' ').length).join(' ') === each,
    )
    expect(command, line).toBeDefined()
    const found = command!
      .split(' ')
      .reduce<Command>(
        (parent, child) => parent.commands.find((each) => each.name() === child)!,
        program,
      )
    const known = found.options.map((option) => option.long)
    const flags = words.filter((word) => word.startsWith('--')).map((word) => word.split('=')[0])
    expect(
      flags.filter((flag) => !known.includes(flag)),
      line,
    ).toEqual([])
  }
})

test('the README names every command', () => {
  expect(commands.filter((command) => !textOf('README.md').includes(command))).toEqual([])
})

test('the README is short', () => {
  expect(textOf('README.md').split('\n').length).toBeLessThanOrEqual(150)
})

test('docs/configuration.md has the table of settings as the program knows it', () => {
  const [, , ...rows] = cellsOf(textOf('docs/configuration.md'))
  expect(rows).toEqual(settingRows())
})

test('settings that documents name in capitals exist', () => {
  const other = new Set([
    'VECTORS_DIR',
    'NODE24',
    'XDG_CACHE_HOME',
    ...[...textOf('docs/errors.md').matchAll(/\b[A-Z]+(?:_[A-Z0-9]+)+\b/g)].map(([code]) => code),
  ])
  const unknown = documents.flatMap(({ path: name, text }) =>
    [...text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)`/g)]
      .map((match) => match[1]!)
      .filter((word) => !settingNames.includes(word) && !other.has(word))
      .map((word) => `${name}: ${word}`),
  )
  expect(unknown).toEqual([])
})

test('no setting shares its flag with another option of a command', () => {
  const flags = settingKeys.map(flagOf)
  const taken = ['--config', '--json', '--url', '--sample', '--help', '--version']
  expect(flags.filter((flag) => taken.includes(flag))).toEqual([])
})

test('documents name files that exist', () => {
  const paths = new Set(allPaths)
  const folders = new Set(allPaths.map((file) => path.posix.dirname(file)))
  const missing = documents.flatMap(({ path: name, text }) =>
    [...text.matchAll(/`([a-z0-9-]+(?:\/[a-z0-9.-]+)+\/?)`/g)]
      .map((match) => match[1]!)
      .filter((file) => existsSync(path.join(root, file.split('/')[0]!)))
      .filter((file) => !paths.has(file) && !folders.has(file.replace(/\/$/, '')))
      .map((file) => `${name}: ${file}`),
  )
  expect(missing).toEqual([])
})
