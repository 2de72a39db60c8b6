/** Buffers slice text by a method of their own, which the declarations of Node leave out. */
interface Utf8Buffer {
  utf8Slice(start: number, end: number): string
}

/**
 * The text of start ≤ bytes < end; bytes that are not UTF-8 give U+FFFD. `toString` does the same
 * but looks its arguments over first, which costs as much as a short text itself.
 */
export function utf8Slice(buffer: Buffer, start: number, end: number): string {
  return (buffer as unknown as Utf8Buffer).utf8Slice(start, end)
}
