import { cp, readdir } from 'node:fs/promises'
import path from 'node:path'
import { compileProgram, type CompiledProgram } from '../compiled-program.ts'

/** The product's command, compiled beside the schemas that it reads. */
export async function compiledProduct(): Promise<CompiledProgram> {
  const program = await compileProgram('cli/main.ts')
  const schemas = path.resolve(import.meta.dirname, '../../../schemas')
  for (const name of (await readdir(schemas)).filter((each) => each.endsWith('.avsc'))) {
    await cp(path.join(schemas, name), path.join(path.dirname(program.file), '../schemas', name))
  }
  return program
}
