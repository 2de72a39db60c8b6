import {
  type ByteString,
  fromByteString,
  KEY_SEPARATOR,
  toByteString,
} from '../../bytes/byte-string.ts'

const ESCAPE = '\u0001'
const ESCAPED_SEPARATOR = '\u0001\u0001'
const ESCAPED_ESCAPE = '\u0001\u0002'

/**
 * A text as part of a key, where the bytes 0 and 1 are written as 01 01 and 01 02: values come from
 * attackers, and one with a separator in it must not reach into another's posting list.
 */
export function escapedText(text: string): ByteString {
  // The escape byte first, or what it stands for would be escaped again.
  const escaped = text
    .replaceAll(ESCAPE, ESCAPED_ESCAPE)
    .replaceAll(KEY_SEPARATOR, ESCAPED_SEPARATOR)
  return toByteString(escaped)
}

/** The text that {@link escapedText} wrote. */
export function unescapedText(bytes: ByteString): string {
  return fromByteString(bytes).replace(/\u0001([\u0001\u0002])/g, (_, escaped) =>
    escaped === ESCAPE ? KEY_SEPARATOR : ESCAPE,
  )
}
