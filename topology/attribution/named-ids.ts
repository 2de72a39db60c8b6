import { parse, v5 as uuidV5 } from 'uuid'

/** Answers remembered, at least so many: one is asked for several times, soon after another. */
const ANSWERS_MAX = 16_384

/**
 * Ids that follow from texts: UUIDv5 of a namespace of one's own, 32 hexadecimal digits without
 * dashes. Every task computes the same ones, so creating them needs no coordination.
 */
export class NamedIds {
  readonly #namespace: Uint8Array
  /** Those asked for lately, and those asked for before them. */
  #answers = new Map<string, string>()
  #former = new Map<string, string>()
  /** The digest asked for last: as text it would be formatted only to be taken apart again. */
  readonly #digest = Buffer.alloc(16)

  /** @param name such as `attribution-streams:identity:v1`; another one gives other ids */
  constructor(name: string) {
    this.#namespace = parse(uuidV5(name, uuidV5.URL))
  }

  of(text: string): string {
    const known = this.#answers.get(text)
    if (known !== undefined) return known
    const id = this.#former.get(text) ?? this.#compute(text)
    if (this.#answers.size >= ANSWERS_MAX) {
      this.#former = this.#answers
      this.#answers = new Map()
    }
    this.#answers.set(text, id)
    return id
  }

  #compute(text: string): string {
    return uuidV5(text, this.#namespace, this.#digest).toString('hex')
  }
}
