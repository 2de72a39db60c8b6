const TEXT_MAX = 80

/**
 * Says what was received, for error messages: at most 80 characters of it, control characters and
 * unpaired surrogates escaped, containers by kind and size (never walked: they may be huge or deep).
 */
export function received(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'undefined':
      return 'nothing'
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value)
    case 'object':
      if (value === null) return 'null'
      if (Array.isArray(value)) return `a list of ${value.length}`
      return 'an object'
    default:
      return `a ${typeof value}`
  }
}

function quoted(text: string): string {
  if (text.length <= TEXT_MAX) return escapeText(text)
  return `${escapeText(text.slice(0, TEXT_MAX))}… (${text.length} characters)`
}

/** JSON escapes C0 and unpaired surrogates; DEL, C1 and the bidirectional marks are added. */
function escapeText(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
