import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const root = fileURLToPath(new URL('../..', import.meta.url))

export interface CompiledProgram {
  /** The JavaScript file to run with Node. */
  readonly file: string
  dispose(): Promise<void>
}

/**
 * Compiles a test's program and what it imports, to run it in a process that can be killed.
 *
 * @param entry path of a .ts file from the root of the repository
 */
export async function compileProgram(entry: string): Promise<CompiledProgram> {
  // Below node_modules, where packages are found and nobody else looks.
  const cache = path.join(root, 'node_modules', '.cache')
  await mkdir(cache, { recursive: true })
  const outDir = await mkdtemp(path.join(cache, 'compiled-'))
  await writeFile(path.join(outDir, 'package.json'), '{"type":"module"}')
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), (file) =>
    ts.sys.readFile(file),
  ) as { config: { compilerOptions: object } }
  const { options } = ts.convertCompilerOptionsFromJson(
    { ...config.compilerOptions, noEmit: false, noCheck: true, outDir, rootDir: root },
    root,
  )
  ts.createProgram([path.join(root, entry)], options).emit()
  return {
    file: path.join(outDir, entry.replace(/\.ts$/, '.js')),
    dispose: () => rm(outDir, { recursive: true, force: true }),
  }
}
