/**
 * A list or object as an observed value, held as canonical JSON: object keys sorted by code
 * point, no white space. Two values are the same exactly when their texts are.
 */
export class StructuredValue {
  readonly json: string

  constructor(json: string) {
    this.json = json
  }

  parse(): unknown {
    return JSON.parse(this.json)
  }
}
