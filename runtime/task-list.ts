/**
 * The bytes members publish (tasks whose state they have) and are given (tasks they own).
 *
 * Layout: UTF-8 JSON `{"v":1,"tasks":["0_0",…]}`.
 */
export function encodeTasks(tasks: readonly string[]): Buffer {
  return Buffer.from(JSON.stringify({ v: 1, tasks }))
}

/** Bytes of a later version, or of another program, count as no tasks. */
export function decodeTasks(bytes: Buffer): string[] {
  try {
    const parsed = JSON.parse(bytes.toString('utf8')) as { v?: unknown; tasks?: unknown }
    if (parsed.v !== 1 || !Array.isArray(parsed.tasks)) return []
    return parsed.tasks.filter((task): task is string => typeof task === 'string')
  } catch {
    return []
  }
}
