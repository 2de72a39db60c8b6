/** Strings of ES2024, which Node has since 20 and the ES2023 library does not declare. */
interface WellFormedString {
  isWellFormed(): boolean
  toWellFormed(): string
}

/** False when the text has an unpaired surrogate: it has no UTF-8. */
export function isWellFormed(text: string): boolean {
  return (text as unknown as WellFormedString).isWellFormed()
}

/** The text with each unpaired surrogate replaced by U+FFFD. */
export function toWellFormed(text: string): string {
  return (text as unknown as WellFormedString).toWellFormed()
}
