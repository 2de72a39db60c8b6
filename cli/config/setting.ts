import type { ValueKind } from './value-kinds.ts'

export interface Setting<T> {
  /** The one name, in the environment and in a file; `--kebab-case` of it is the flag. */
  readonly name: string
  readonly kind: ValueKind<T>
  readonly fallback: T
  /** Where the flag is not the name in kebab case. */
  readonly flag?: string
  readonly unit?: 'milliseconds' | 'bytes'
  /** Never printed. */
  readonly secret?: true
  readonly description: string
}
