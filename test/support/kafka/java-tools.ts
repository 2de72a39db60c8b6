import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

const leastJava = 17

let version: Promise<string> | undefined

/** What `java -version` prints: class-data archives depend on the very build. */
export function javaVersion(): Promise<string> {
  version ??= run('java', ['-version']).then(({ stderr }) => stderr)
  return version
}

/** Why brokers cannot run from Java archives here; null: they can. */
export async function javaToolsMissing(): Promise<string | null> {
  const missing = []
  const java = await javaVersion().catch(() => null)
  const major = Number(/version "(\d+)/.exec(java ?? '')?.[1] ?? 0)
  if (java === null) missing.push('no java')
  else if (major < leastJava) missing.push(`java ${major}, ${leastJava} or newer is needed`)
  const tools = await Promise.all(
    ['javac', 'jar', 'mvn'].map(async (tool) => ((await isInstalled(tool)) ? null : `no ${tool}`)),
  )
  missing.push(...tools.filter((tool) => tool !== null))
  return missing.length === 0 ? null : missing.join(', ')
}

async function isInstalled(tool: string): Promise<boolean> {
  return await run('sh', ['-c', `command -v ${tool}`]).then(
    () => true,
    () => false,
  )
}
