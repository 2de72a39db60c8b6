import { deflateRawSync, inflateRawSync } from 'node:zlib'

const VERSION = 1

/** Far beyond 1,000 tasks on 50 members; more is no assignment of ours. */
const JSON_BYTES_MAX = 8 * 1024 * 1024

/**
 * An object as bytes for the group protocol: one version byte, then deflated UTF-8 JSON.
 *
 * Deflated because a broker keeps subscription and assignment of all members in one record of
 * `__consumer_offsets`, which must stay below its `max.message.bytes` (1 MiB unless configured):
 * lists of task ids shrink to less than a third.
 *
 * A reader passes over members of an object that it does not know, so what is added keeps the
 * version; another version means bytes that earlier programs must not act on.
 */
export function packJson(value: object): Buffer {
  return Buffer.concat([Buffer.of(VERSION), deflateRawSync(JSON.stringify(value))])
}

/** @returns an object without members for bytes of another version or program, or damaged ones */
export function unpackJson<K extends string>(bytes: Buffer): Unchecked<K> {
  if (bytes[0] !== VERSION) return {}
  try {
    const json = inflateRawSync(bytes.subarray(1), { maxOutputLength: JSON_BYTES_MAX })
    const found: unknown = JSON.parse(json.toString('utf8'))
    return isObject(found) ? found : {}
  } catch {
    return {}
  }
}

/** Members as they came: there or not, and of any type. */
export type Unchecked<K extends string> = Partial<Readonly<Record<K, unknown>>>

export function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The texts of a list; what is no text, or no list, is left out. */
export function textsOf(value: unknown): string[] {
  if (!Array.isArray(value)) return []
  return value.filter((item): item is string => typeof item === 'string')
}
